/** @file A bounded number of open sessions: the least recently used is closed, and opened again when it is needed. */

import type { TensorLike } from "@diopter/tensor";
import type { Backend, WeightUse } from "./backend";

/** A way to open a graph. */
export interface Form {
  readonly model: () => Uint8Array<ArrayBuffer>;
  /** Weights that are fed at every run. */
  readonly weights: WeightUse;
  /** Weights that the model takes from external data when it is opened. */
  readonly constants?: WeightUse;
}

/** One prepared graph; open or not. */
export interface Slot extends Form {
  /** What to open it as once it runs over and over: with its weights inside, so that no run copies them. */
  readonly steady?: Form | undefined;
  handle?: number | undefined;
  /** What it is open as. */
  form?: Form;
  released?: boolean;
}

/** From this run in a row on, a slot is worth opening again in its steady form. */
const STEADY_FROM = 3;

/** Takes turns: ONNX Runtime does one thing at a time, so that no session is closed during its run. */
export class SessionPool {
  readonly #name: string;
  readonly #backend: Backend;
  readonly #most: number;
  /** Open slots, least recently used first. */
  readonly #open = new Set<Slot>();
  #turn: Promise<unknown> = Promise.resolve();
  #last: { slot: Slot; runs: number } | undefined;
  #disposed: Promise<void> | undefined;
  readonly #aborts = new WeakMap<AbortSignal, Set<() => void>>();

  /** `name` is the runtime's, for messages. */
  constructor(name: string, backend: Backend, most: number) {
    this.#name = name;
    this.#backend = backend;
    this.#most = most;
  }

  /** Opens a slot at once, so that a model that cannot be opened is refused here. */
  add(slot: Slot): Promise<Slot> {
    return this.#inTurn(async () => {
      await this.#handleOf(slot);
      return slot;
    });
  }

  /** Runs a slot; rejects with the signal's reason as soon as it aborts, while the session is closed behind it. */
  run(
    slot: Slot,
    feeds: ReadonlyMap<string, TensorLike>,
    signal?: AbortSignal,
  ): Promise<Record<string, TensorLike>> {
    const work = this.#inTurn(async () => {
      if (slot.released) throw new Error(`${this.#name}: this session has been released`);
      signal?.throwIfAborted();
      await this.#settle(slot);
      const handle = await this.#handleOf(slot);
      try {
        return await this.#backend.run(handle, feeds, slot.form!.weights);
      } finally {
        if (signal?.aborted) await this.#close(slot);
      }
    });
    return signal ? this.#unlessAborted(work, signal) : work;
  }

  remove(slot: Slot): Promise<void> {
    slot.released = true;
    return this.#disposed ?? this.#inTurn(() => this.#close(slot));
  }

  /** Waits for the run under way; those still waiting for their turn are refused. */
  dispose(): Promise<void> {
    this.#disposed ??= this.#turn.then(async () => {
      for (const slot of this.#open) await this.#close(slot);
      await this.#backend.dispose();
    });
    return this.#disposed;
  }

  /** At most one slot holds its weights, and none while another is fed its own: they are in memory once. */
  async #settle(slot: Slot): Promise<void> {
    const before = this.#last;
    this.#last = { slot, runs: before?.slot === slot ? before.runs + 1 : 1 };
    if (before && before.slot !== slot && before.slot.form === before.slot.steady) {
      await this.#close(before.slot);
    }
    if (slot.steady && this.#last.runs === STEADY_FROM) await this.#close(slot);
  }

  async #handleOf(slot: Slot): Promise<number> {
    this.#open.delete(slot);
    if (slot.handle === undefined) {
      for (const oldest of this.#open) {
        if (this.#open.size < this.#most) break;
        await this.#close(oldest);
      }
      const again = this.#last?.slot === slot && this.#last.runs >= STEADY_FROM;
      slot.form = (again && slot.steady) || slot;
      slot.handle = await this.#backend.open(slot.form.model(), slot.form.constants);
    }
    this.#open.add(slot);
    return slot.handle;
  }

  async #close(slot: Slot): Promise<void> {
    const { handle } = slot;
    this.#open.delete(slot);
    slot.handle = undefined;
    if (handle !== undefined) await this.#backend.close(handle);
  }

  #inTurn<T>(job: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(() => {
      if (this.#disposed) throw new Error(`${this.#name}: this runtime has been disposed`);
      return job();
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const aborts = this.#abortsOf(signal);
      const abort = () => reject(signal.reason);
      aborts.add(abort);
      work.then(resolve, reject).finally(() => aborts.delete(abort));
    });
  }

  /** One listener a signal, since any number of runs may wait for their turn; Node warns from the eleventh on. */
  #abortsOf(signal: AbortSignal): Set<() => void> {
    const known = this.#aborts.get(signal);
    if (known) return known;
    const aborts = new Set<() => void>();
    this.#aborts.set(signal, aborts);
    const all = () => {
      for (const abort of aborts) abort();
    };
    signal.addEventListener("abort", all, { once: true });
    return aborts;
  }
}
