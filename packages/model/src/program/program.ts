/** @file A compiled request: a graph, its session, and the feeds it needs. */

import type { Graph } from "@diopter/graph";
import { cast, isFloat, type TensorLike } from "@diopter/tensor";
import type { ModelConfig } from "../config";
import type { Runtime, Session, Values } from "../runtime/runtime";
import { type PastSlots, promptFeeds, type TokenBatch } from "../text/prompt-values";
import { checkMemory } from "./memory";

export interface ProgramRun {
  readonly tokens: TokenBatch;
  /** Numbers of edits, extensions and starts. */
  readonly feeds?: Values;
  readonly past?: PastSlots;
  readonly signal?: AbortSignal | undefined;
  /** Most bytes that the run may need, weights included. */
  readonly budget?: number | undefined;
}

/** One graph with its session, which is created at the first run. */
export class Program {
  readonly graph: Graph;
  readonly #config: ModelConfig;
  readonly #runtime: Runtime;
  readonly #weights: ReadonlyMap<string, TensorLike>;
  readonly #inputs: ReadonlySet<string>;
  #session: Promise<Session> | undefined;
  #running = 0;
  #released: (() => void)[] | undefined;

  constructor(
    graph: Graph,
    config: ModelConfig,
    runtime: Runtime,
    weights: ReadonlyMap<string, TensorLike>,
  ) {
    this.graph = graph;
    this.#config = config;
    this.#runtime = runtime;
    this.#weights = weights;
    this.#inputs = new Set(
      graph.inputs.map((input) => input.name).filter((name) => !weights.has(name)),
    );
  }

  async run({
    tokens,
    feeds = {},
    past,
    signal,
    budget,
  }: ProgramRun): Promise<Record<string, TensorLike>> {
    signal?.throwIfAborted();
    if (budget !== undefined) {
      checkMemory(
        this.graph,
        { batch: tokens.batch, pos: tokens.pos, past: past?.length ?? 0 },
        budget,
      );
    }
    const given = { ...promptFeeds(this.#config, tokens, this.#inputs, past), ...feeds };
    const wanted = Object.entries(given).filter(([name]) => this.#inputs.has(name));
    const ready = wanted.map(
      ([name, value]) => [name, inPrecision(value, this.#runtime.precision)] as const,
    );
    return this.#open((session) => session.run(Object.fromEntries(ready), { signal }));
  }

  /** Closes the session, after the runs that are under way; a later run opens another for as long as it takes. */
  async release(): Promise<void> {
    if (this.#running === 0) {
      this.#released ??= [];
      return this.#close();
    }
    return new Promise((resolve) => {
      this.#released = [...(this.#released ?? []), resolve];
    });
  }

  async #open<T>(use: (session: Session) => Promise<T>): Promise<T> {
    this.#running++;
    try {
      this.#session ??= this.#runtime.session(this.graph, this.#weights);
      const session = await this.#session.catch((error: unknown) => {
        this.#session = undefined;
        throw error;
      });
      return await use(session);
    } finally {
      this.#running--;
      if (this.#running === 0 && this.#released) {
        const waiting = this.#released;
        this.#released = [];
        await this.#close();
        for (const resolve of waiting) resolve();
      }
    }
  }

  async #close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    // One that could not be opened has told whoever ran it.
    await (await session?.catch(() => undefined))?.release();
  }
}

function inPrecision(value: TensorLike, precision: "float32" | "float64"): TensorLike {
  return isFloat(value.dtype) && value.dtype !== precision ? cast(value, precision) : value;
}
