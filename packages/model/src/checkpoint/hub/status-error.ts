/** @file HTTP statuses of a hub as errors that say what to do. */

import { HubError } from "../../errors";
import { withoutQuery } from "./hub-id";

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
