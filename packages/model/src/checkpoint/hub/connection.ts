/** @file Single HTTP requests to a hub: redirects, the token, time-outs, and statuses as errors. */

import { HubError } from "../../errors";
import { Attempt, type ConnectionOptions } from "./attempt";
import { withoutQuery } from "./hub-id";
import { Patience } from "./patience";
import { statusError } from "./status-error";

/** An answer after redirects. */
export interface Reply {
  readonly status: number;
  /** A header of the answer itself. */
  header(name: string): string | undefined;
  /** A header of the answer or of the first redirect that carries it: hubs describe a file, then send the reader elsewhere. */
  described(name: string): string | undefined;
  /** Whether the answer, or for HEAD the file, is on another origin than was asked. */
  readonly elsewhere: boolean;
  /** The body piece by piece; the connection is closed when the caller stops. */
  bytes(): AsyncGenerator<Uint8Array>;
  /** Closes the connection, whether or not the body has been read. */
  close(): void;
}

const maxRedirects = 8;
const redirects = [301, 302, 303, 307, 308];

/** Requests to one hub. */
export class Connection {
  readonly #options: ConnectionOptions;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** `most` bounds the further attempts where fewer than usual make sense. */
  patience(most = Number.POSITIVE_INFINITY): Patience {
    return new Patience(
      Math.min(most, this.#options.retries),
      this.#options.delay,
      this.#options.signal,
    );
  }

  /**
   * The answer to one request; what `accept` refuses is an error.
   *
   * A HEAD request stops at a redirect to another origin, which need not answer HEAD.
   *
   * @throws {HubError} when there is no answer, or one that is not accepted.
   */
  async request(
    method: "HEAD" | "GET",
    url: string,
    headers: Readonly<Record<string, string>>,
    accept: (reply: Reply) => boolean,
  ): Promise<Reply> {
    const attempt = new Attempt(this.#options, `hub: ${method} ${withoutQuery(url)}`, url);
    try {
      const reply = await this.#follow(attempt, method, url, headers);
      if (method === "HEAD") attempt.finish();
      if (accept(reply)) return reply;
      throw statusError(reply, url, this.#options);
    } catch (error) {
      attempt.close();
      throw error;
    }
  }

  async #follow(
    attempt: Attempt,
    method: "HEAD" | "GET",
    url: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<Reply> {
    const { endpoint, token } = this.#options;
    const described = new Headers();
    let at = new URL(url);
    for (let hop = 0; hop <= maxRedirects; hop++) {
      const own = at.origin === new URL(endpoint).origin;
      const sent = own && token ? { ...headers, authorization: `Bearer ${token}` } : headers;
      const response = await attempt.fetch(at, { method, headers: sent });
      response.headers.forEach((value, name) => {
        if (!described.has(name)) described.set(name, value);
      });
      const next = redirects.includes(response.status) && response.headers.get("location");
      const elsewhere = new URL(response.url || at).origin !== new URL(url).origin;
      if (!next) return replyOf(attempt, response, described, elsewhere);
      const target = new URL(next, at);
      requireSafe(at, target, url);
      if (method === "HEAD" && target.origin !== at.origin) {
        return replyOf(attempt, withoutLength(response), described, true, 200);
      }
      await response.body?.cancel();
      at = target;
    }
    throw new HubError(`hub: more than ${maxRedirects} redirects from ${withoutQuery(url)}`, {
      url: withoutQuery(url),
    });
  }
}

function replyOf(
  attempt: Attempt,
  response: Response,
  described: Headers,
  elsewhere: boolean,
  status = response.status,
): Reply {
  return {
    status,
    elsewhere,
    header: (name) => response.headers.get(name) ?? undefined,
    described: (name) => described.get(name) ?? undefined,
    bytes: () => bytesOf(attempt, response),
    close: () => attempt.close(),
  };
}

async function* bytesOf(attempt: Attempt, response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  try {
    while (reader) {
      const { done, value } = await attempt.within(reader.read());
      if (done) return;
      yield value;
    }
  } finally {
    attempt.close();
  }
}

/** A redirect has a length of its own, which is not that of the file. */
function withoutLength({ headers }: Response): Response {
  const kept = new Headers(headers);
  kept.delete("content-length");
  return new Response(null, { headers: kept });
}

function requireSafe(from: URL, to: URL, url: string): void {
  if (to.protocol === from.protocol || to.protocol === "https:") return;
  throw new HubError(
    `hub: ${withoutQuery(url)} redirects from ${from.protocol} to ${to.protocol}, which is refused`,
    { url: withoutQuery(url) },
  );
}
