/** @file Single HTTP requests to a hub: redirects, the token, time-outs, and statuses as errors. */

import { HubError } from "../../config/errors";
import { Attempt, type ConnectionOptions } from "./attempt";
import { withoutQuery } from "./hub-id";
import { Patience } from "./patience";

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
    // A token is for its own origin; who has led away from it does not get it by leading back.
    let own = true;
    for (let hop = 0; hop <= maxRedirects; hop++) {
      own &&= at.origin === new URL(endpoint).origin;
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

interface Answer {
  readonly status: number;
  readonly elsewhere: boolean;
  header(name: string): string | undefined;
}

/** The error for an answer that is no file. */
export function statusError(
  reply: Answer,
  url: string,
  { token }: { readonly token: string | undefined },
): HubError {
  const { status } = reply;
  const words = reply.header("x-error-message");
  const said = words ? `; the server says ${JSON.stringify(words.slice(0, 200))}` : "";
  const where = withoutQuery(url);
  return new HubError(`hub: ${status} for ${where}: ${meaning(reply, token)}${said}`, {
    url: where,
    status,
    temporary: status === 408 || status === 429 || status >= 500,
    retryAfter: seconds(reply.header("retry-after")),
  });
}

function meaning(reply: Answer, token: string | undefined): string {
  const code = reply.header("x-error-code");
  const { status } = reply;
  if (status === 429) return "too many requests";
  if (status >= 500) return "the server failed";
  if (reply.elsewhere) return "the server that the hub sends to refuses the file";
  if (code === "GatedRepo" || status === 403) {
    return token
      ? "the model is gated or private, and the account of this token may not read it; ask for access on its page"
      : "the model is gated or private; ask for access on its page, then pass a token or set HF_TOKEN";
  }
  if (status === 401) {
    return token
      ? "no such model, or the token is wrong or may not read it"
      : "no such model, or it is private or gated; pass a token or set HF_TOKEN";
  }
  if (code === "RevisionNotFound") return "the model has no such revision";
  if (code === "RepoNotFound") return "no such model";
  if (status === 404) return "no such model, revision or file";
  return "an answer that no file comes with";
}

/** Seconds of a Retry-After header, which may also be a date. */
function seconds(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}
