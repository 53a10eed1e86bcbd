/** @file One HTTP request and what can end it: an answer, the caller's signal, silence. */

import { HubError } from "../../config/errors";
import { withoutQuery } from "./hub-id";

export interface ConnectionOptions {
  readonly fetch: typeof fetch;
  /** The token goes to this origin and to no other. */
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds without a byte after which an attempt is given up. */
  readonly timeout: number;
  readonly retries: number;
  /** Milliseconds before the first further attempt. */
  readonly delay: number;
}

/** The requests of one attempt, redirects included, under one signal. */
export class Attempt {
  readonly #options: ConnectionOptions;
  readonly #subject: string;
  readonly #url: string;
  readonly #controller = new AbortController();
  readonly #stop = () => this.#controller.abort(this.#options.signal?.reason);
  #silent = false;

  constructor(options: ConnectionOptions, subject: string, url: string) {
    this.#options = options;
    this.#subject = subject;
    this.#url = withoutQuery(url);
    options.signal?.throwIfAborted();
    options.signal?.addEventListener("abort", this.#stop, { once: true });
  }

  async fetch(url: URL, init: RequestInit): Promise<Response> {
    const { signal } = this.#controller;
    // Called as a function: browsers refuse a fetch that is called as a method of anything but the window.
    const { fetch } = this.#options;
    const response = await this.within(fetch(url, { ...init, signal, redirect: "manual" }));
    if (response.type !== "opaqueredirect") return response;
    // Browsers do not show redirects, they only follow them.
    return this.within(fetch(url, { ...init, signal, redirect: "follow" }));
  }

  /** What `work` gives, if it gives it in time. */
  async within<T>(work: Promise<T>): Promise<T> {
    const { timeout, signal } = this.#options;
    const timer = setTimeout(() => {
      this.#silent = true;
      this.#controller.abort();
    }, timeout);
    try {
      return await work;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      const reason = this.#silent ? `nothing came for ${timeout / 1000} s` : reasonOf(error);
      throw new HubError(`${this.#subject}: ${reason}`, {
        url: this.#url,
        temporary: true,
        cause: error,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Lets go of an answer that has no body. */
  finish(): void {
    this.#options.signal?.removeEventListener("abort", this.#stop);
  }

  /** Ends the connection of an answer that nobody reads on. */
  close(): void {
    this.finish();
    this.#controller.abort();
  }
}

/** fetch hides why it failed in the cause of its error. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as {
    message?: string;
    cause?: { code?: string; message?: string };
  };
  const detail = cause?.code ?? cause?.message;
  return detail ? `${message} (${detail})` : (message ?? String(error));
}
