/** @file Work that takes long: how far it is, how long the rest takes, and when it is to stop. */

/** How far a long job is. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** Milliseconds left, by what has been done so far; NaN before anything has. */
  readonly remaining: number;
}

export interface JobOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Counts parts that are done out of those expected; the clock starts when it is made. */
export class Job {
  readonly #options: JobOptions;
  readonly #started = performance.now();
  #total = 0;
  #restored = 0;
  #done = 0;

  constructor(options: JobOptions = {}) {
    this.#options = options;
  }

  /** Since it began. */
  get milliseconds(): number {
    return performance.now() - this.#started;
  }

  get done(): number {
    return this.#done;
  }

  /** Parts that are still to come. */
  expect(parts: number): void {
    this.#total += parts;
  }

  /** Parts that an earlier job has done: they say nothing about how long the rest takes. */
  restore(parts: number): void {
    this.#restored += parts;
    this.#done += parts;
  }

  /** Throws the signal's reason where the job is to stop. */
  proceed(): void {
    this.#options.signal?.throwIfAborted();
  }

  /** One part more is done. */
  step(): void {
    this.reach(this.#done + 1);
  }

  /** So many parts are done, or parts of parts. */
  reach(done: number): void {
    this.#done = done;
    const total = Math.max(this.#total, Math.ceil(done));
    const own = done - this.#restored;
    const remaining = own > 0 ? (this.milliseconds / own) * (total - done) : Number.NaN;
    this.#options.onProgress?.({ done, total, remaining });
  }
}
