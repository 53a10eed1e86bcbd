/** @file What a hub says about a file of a model: its commit, its ETag, its length, its hash. */

import { HubError } from "../../config/errors";
import type { Connection, Reply } from "./connection";
import type { FileMetadata } from "./hub-cache";
import { withoutQuery } from "./hub-id";

/** A file as its hub describes it, or the news that the commit has no such file. */
export interface Description {
  readonly commit: string | undefined;
  readonly file: FileMetadata | "absent";
  /** The strong ETag of the answer as it was sent, when the file itself comes from there. */
  readonly validator: string | undefined;
}

/**
 * Asks a hub about the file at `url`.
 *
 * @throws {HubError} when there is no such model or revision, or it may not be read.
 */
export async function describeFile(connection: Connection, url: string): Promise<Description> {
  const reply = await head(connection, url);
  const commit = reply.described("x-repo-commit");
  if (commit !== undefined && !/^[0-9a-f]{7,64}$/.test(commit)) {
    throw refuse(url, `X-Repo-Commit is ${JSON.stringify(commit)}, expected a commit`);
  }
  if (isAbsent(reply)) return { commit, file: "absent", validator: undefined };
  // A server of signed addresses may refuse HEAD, and a browser cannot stop before it.
  if (!isFile(reply)) return { commit, file: unknown, validator: undefined };
  const linked = plain(reply.described("x-linked-etag"));
  const etag = linked ?? plain(reply.header("etag"));
  if (etag === undefined) throw refuse(url, "the answer has no ETag");
  if (!/^[A-Za-z0-9][\w.-]{0,127}$/.test(etag)) {
    throw refuse(url, `ETag ${JSON.stringify(etag)} cannot name a file`);
  }
  const sha256 = linked && /^[0-9a-f]{64}$/.test(linked) ? linked : undefined;
  const file = { etag, sha256, size: sizeOf(reply) };
  return { commit, file, validator: reply.elsewhere ? undefined : strong(reply) };
}

/** A file of which nothing is known before it comes. */
const unknown: FileMetadata = { etag: "unknown", size: undefined, sha256: undefined };

async function head(connection: Connection, url: string): Promise<Reply> {
  const patience = connection.patience();
  // A hub that cannot be reached at all is more likely a missing network than a passing failure.
  const unreachable = connection.patience(1);
  // Without compression, so that the length is that of the file.
  const headers = { "accept-encoding": "identity" };
  for (;;) {
    try {
      return await connection.request("HEAD", url, headers, isAnswer);
    } catch (error) {
      const answered = error instanceof HubError && error.status !== undefined;
      await (answered ? patience : unreachable).wait(error);
    }
  }
}

function isAnswer(reply: Reply): boolean {
  return isFile(reply) || isAbsent(reply) || (reply.elsewhere && reply.status < 500);
}

function isFile({ status }: Reply): boolean {
  return status === 200;
}

/** Only a file can be absent; a model or revision that does not exist is an error. */
function isAbsent(reply: Reply): boolean {
  const code = reply.header("x-error-code") ?? "EntryNotFound";
  return reply.status === 404 && code === "EntryNotFound" && !reply.elsewhere;
}

/** `W/"abc"` and `"abc"` as abc. */
export function plain(etag: string | undefined): string | undefined {
  return etag?.replace(/^W\//, "").replace(/^"|"$/g, "");
}

/** An ETag that promises equal bytes, as it was sent. */
export function strong(reply: Reply): string | undefined {
  const etag = reply.header("etag");
  return etag?.startsWith('"') ? etag : undefined;
}

function sizeOf(reply: Reply): number | undefined {
  const linked = reply.described("x-linked-size");
  if (linked && /^\d+$/.test(linked)) return Number(linked);
  return contentLength(reply);
}

/** Length of an uncompressed body. */
export function contentLength(reply: Reply): number | undefined {
  const encoding = reply.header("content-encoding") ?? "identity";
  const length = reply.header("content-length");
  return encoding === "identity" && length !== undefined ? Number(length) : undefined;
}

function refuse(url: string, reason: string): HubError {
  const where = withoutQuery(url);
  return new HubError(`hub: ${where}: ${reason}; is this the address of a hub?`, { url: where });
}
