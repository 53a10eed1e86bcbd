/** @file The bytes of a file over as many connections as it takes, each going on where the last one broke. */

import { HubError } from "../../config/errors";
import type { Connection, Reply } from "./connection";
import { contentLength, plain, strong } from "./describe-file";
import type { FileMetadata, FilePart } from "./hub-cache";
import { withoutQuery } from "./hub-id";

/** Bytes after which a connection counts as progress, so that later failures are counted anew. */
const progressBytes = 2 ** 20;

export interface DownloadOptions {
  readonly url: string;
  readonly file: FileMetadata;
  /** Bytes that are there already. */
  readonly from: number;
  /** ETag that these bytes came with, for `If-Range`. */
  readonly validator: string | undefined;
  /** Whether `If-Range` may be sent; other origins than the page's need not allow it. */
  readonly ifRange: boolean;
}

/**
 * The file's bytes from `from` on, or from 0 when the server cannot go on there.
 *
 * @throws {HubError} when the length is not the announced one, or attempts run out.
 */
export async function* download(
  connection: Connection,
  { url, file, from, validator, ifRange }: DownloadOptions,
): AsyncGenerator<FilePart> {
  const patience = connection.patience();
  let [at, size, seen] = [from, file.size, validator];
  let restarted = false;
  for (;;) {
    let reply: Reply | undefined;
    try {
      // Neither a hash at the end nor an ETag now: what comes could belong to another file.
      if (seen === undefined && file.sha256 === undefined) at = 0;
      const headers = headersFor(at, ifRange ? seen : undefined);
      reply = await connection.request("GET", url, headers, isAnswer);
      if (!continues(reply, at, seen)) {
        if (at === 0 || restarted) throw refuse(url, `${reply.status} for bytes from ${at} on`);
        [at, seen, restarted] = [0, undefined, true];
        continue;
      }
      if (reply.status === 200) at = 0;
      requireSameFile(reply, file, url);
      size = requireSize(reply, size, url);
      seen = strong(reply);
      let arrived = 0;
      for await (const bytes of reply.bytes()) {
        requireRoom(at + bytes.length, size, url);
        yield { offset: at, bytes };
        at += bytes.length;
        arrived += bytes.length;
        if (arrived >= progressBytes) patience.restore();
      }
      if (size === undefined || at === size) return;
      throw refuse(url, `the connection ended after ${at} of ${size} bytes`, true);
    } catch (error) {
      await patience.wait(error);
    } finally {
      reply?.close();
    }
  }
}

function isAnswer({ status }: Reply): boolean {
  return status === 200 || status === 206 || status === 416;
}

function headersFor(at: number, validator: string | undefined): Record<string, string> {
  // Bytes of a compressed body cannot be counted against the file's length.
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  if (at === 0) return headers;
  headers.range = `bytes=${at}-`;
  if (validator) headers["if-range"] = validator;
  return headers;
}

/** Whether an answer brings bytes that fit those already there: the whole file, or the same file from there on. */
function continues(reply: Reply, at: number, seen: string | undefined): boolean {
  if (reply.status === 200) return true;
  if (reply.status === 416) return false;
  const start = reply.header("content-range")?.match(/^bytes (\d+)-/)?.[1];
  const now = strong(reply);
  return Number(start) === at && (seen === undefined || now === undefined || now === seen);
}

/** The loader asks for a commit, whose files never change; a server that sends others is broken. */
function requireSameFile(reply: Reply, file: FileMetadata, url: string): void {
  const etag = plain(
    reply.described("x-linked-etag") ?? (reply.elsewhere ? undefined : reply.header("etag")),
  );
  if (etag === undefined || etag === file.etag) return;
  throw refuse(url, `ETag was ${JSON.stringify(file.etag)} and is now ${JSON.stringify(etag)}`);
}

/** The length of the whole file, checked against what was announced. */
function requireSize(reply: Reply, announced: number | undefined, url: string): number | undefined {
  const total = reply.header("content-range")?.match(/\/(\d+)$/)?.[1];
  const size = reply.status === 206 ? total && Number(total) : contentLength(reply);
  if (typeof size !== "number") return announced;
  if (announced === undefined || size === announced) return size;
  throw refuse(url, `${announced} bytes were announced, ${size} are sent`);
}

function requireRoom(length: number, size: number | undefined, url: string): void {
  if (size !== undefined && length > size) {
    throw refuse(url, `more than the announced ${size} bytes came`);
  }
}

function refuse(url: string, reason: string, temporary = false): HubError {
  const where = withoutQuery(url);
  return new HubError(`hub: ${where}: ${reason}`, { url: where, temporary });
}
