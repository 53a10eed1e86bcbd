/** @file How often, and after how long, a failed request is made again. */

import { HubError } from "../../config/errors";

/** Longest wait, in seconds, that a server may ask for. */
const longestWait = 60;

/** A bounded number of further attempts, each after a longer pause than the last. */
export class Patience {
  readonly #retries: number;
  readonly #delay: number;
  readonly #signal: AbortSignal | undefined;
  #used = 0;

  /** `retries` further attempts, the first after `delay` milliseconds. */
  constructor(retries: number, delay: number, signal: AbortSignal | undefined) {
    this.#retries = retries;
    this.#delay = delay;
    this.#signal = signal;
  }

  /** Starts counting anew, after progress. */
  restore(): void {
    this.#used = 0;
  }

  /** Waits before another attempt, or throws `error` when another would be of no use. */
  async wait(error: unknown): Promise<void> {
    if (!(error instanceof HubError) || !error.temporary) throw error;
    const asked = error.retryAfter;
    if (asked !== undefined && asked > longestWait) {
      throw retold(error, `it asks to wait ${asked} s, longer than ${longestWait} s`);
    }
    if (this.#used >= this.#retries) {
      throw retold(error, `gave up after ${this.#used + 1} attempt${this.#used > 0 ? "s" : ""}`);
    }
    const pause = Math.min(this.#delay * 2 ** this.#used, 8000);
    this.#used++;
    await sleep(Math.max(pause, (asked ?? 0) * 1000), this.#signal);
  }
}

function retold(error: HubError, reason: string): HubError {
  const { url, status, retryAfter } = error;
  return new HubError(`${error.message}; ${reason}`, {
    url,
    status,
    retryAfter,
    temporary: true,
    cause: error,
  });
}

function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
