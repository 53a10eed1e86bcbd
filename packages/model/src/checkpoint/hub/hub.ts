/** @file Files of a model on a hub: found, fetched once, checked, kept, and read from the cache from then on. */

import { checkOptions, type OptionKeys } from "@diopter/tensor";
import { HubError, MissingFileError } from "../../config/errors";
import { Connection } from "./connection";
import { type Description, describeFile } from "./describe-file";
import type { HubCache } from "./hub-cache";
import { fileUrl, isCommit, isHubId, requirePath } from "./hub-id";
import type { HubProgress } from "./progress";
import { type HubFiles, Snapshot, type Source } from "./snapshot";

export interface HubOptions {
  /** Branch, tag or commit; `"main"` by default. */
  readonly revision?: string | undefined;
  /** Access token, sent to the endpoint only. In Node that of `HF_TOKEN` or the token file by default; `false` sends none. */
  readonly token?: string | false | undefined;
  /** Folder of the cache in Node (that of the Python client by default), a cache of your own, or `false` to keep files in memory. */
  readonly cache?: string | HubCache | false | undefined;
  readonly onProgress?: ((event: HubProgress) => void) | undefined;
  /** Use what is in the cache, and nothing else. */
  readonly offline?: boolean | undefined;
  /** Address of the hub; `HF_ENDPOINT` in Node, or https://huggingface.co. */
  readonly endpoint?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without a byte after which a connection is given up and made anew; 30,000 by default. */
  readonly timeout?: number | undefined;
  /** Further attempts without progress after a failure that may pass; 5 by default. */
  readonly retries?: number | undefined;
  /** Milliseconds before the first further attempt, doubled for each after it; 500 by default. */
  readonly retryDelay?: number | undefined;
  /** Makes requests; the platform's `fetch` by default. */
  readonly fetch?: typeof fetch | undefined;
}

export const hubKeys: OptionKeys<HubOptions> = {
  revision: "optional",
  token: "optional",
  cache: "optional",
  onProgress: "optional",
  offline: "optional",
  endpoint: "optional",
  signal: "optional",
  timeout: "optional",
  retries: "optional",
  retryDelay: "optional",
  fetch: "optional",
};

/**
 * The files of a model on a hub.
 *
 * A branch or tag is asked for its commit once, and every file is of that commit. In Node the cache is
 * that of the Python client, with its layout and settings (`HF_HOME`, `HF_HUB_CACHE`, `HF_ENDPOINT`,
 * `HF_TOKEN`, `HF_HUB_OFFLINE`); in a browser it is the Cache API.
 *
 * @throws {HubError} when the hub refuses or fails
 * @throws {MissingFileError} when `offline` and the cache does not have the model
 *
 * @example
 * const files = await hubFiles("owner/name", { revision: "main" });
 * const bytes = await files.read("config.json");
 */
export async function hubFiles(id: string, options: HubOptions = {}): Promise<HubFiles> {
  checkOptions("hubFiles", options, hubKeys);
  return filesOf(id, options);
}

/** The same for options that have been checked, among others. */
export async function filesOf(id: string, options: HubOptions): Promise<HubFiles> {
  if (!isHubId(id))
    throw new RangeError(`hub: ${JSON.stringify(id)} is not of the form owner/name`);
  const { revision = "main", onProgress = () => {} } = options;
  requirePath(revision, "revision");
  const { cache, offline, ...settings } = await settingsOf(id, options);
  const connection = new Connection({
    ...settings,
    fetch: options.fetch ?? fetch,
    signal: options.signal,
    timeout: options.timeout ?? 30_000,
    retries: options.retries ?? 5,
    delay: options.retryDelay ?? 500,
  });
  const source = {
    id,
    revision,
    endpoint: settings.endpoint,
    cache,
    connection,
    offline,
    onProgress,
    // Servers that a page is sent to need not allow it.
    ifRange: inNode(),
  };
  if (isCommit(revision)) return new Snapshot(source, revision);
  if (offline) return new Snapshot(source, await rememberedCommit(source));
  const first = await currentCommit(source);
  return new Snapshot(source, first.commit, first.config);
}

/** Whether this program runs in Node. Bundlers that stand in for `process` leave its versions out. */
export function inNode(): boolean {
  return globalThis.process?.versions?.node !== undefined;
}

async function settingsOf(id: string, { cache, token, endpoint, offline }: HubOptions) {
  const own = typeof cache === "object" ? cache : undefined;
  const settings = inNode() ? (await import("#on-node")).nodeSettings() : undefined;
  const held = token ?? (await settings?.token());
  const address = (endpoint ?? settings?.endpoint ?? "https://huggingface.co").replace(/\/+$/, "");
  return {
    endpoint: requireAddress(address),
    token: held || undefined,
    offline: offline ?? settings?.offline ?? false,
    cache: own ?? (await usualCache(id, address, cache as string | false | undefined, settings)),
  };
}

async function usualCache(
  id: string,
  endpoint: string,
  cache: string | false | undefined,
  settings: { readonly cache: string; readonly symlinks: boolean } | undefined,
): Promise<HubCache> {
  if (cache !== false && settings) {
    const { NodeHubCache } = await import("#on-node");
    return new NodeHubCache(cache ?? settings.cache, id, settings);
  }
  if (typeof cache === "string") {
    throw new TypeError(`hub: cache ${JSON.stringify(cache)} is a folder, which a browser has not`);
  }
  // Pages that are not served securely have no Cache API.
  if (cache !== false && typeof caches !== "undefined") {
    const { WebHubCache } = await import("./web-cache");
    return new WebHubCache(endpoint, id);
  }
  const { MemoryHubCache } = await import("./memory-cache");
  return new MemoryHubCache();
}

function requireAddress(endpoint: string): string {
  if (/^https?:$/.test(URL.canParse(endpoint) ? new URL(endpoint).protocol : "")) return endpoint;
  throw new RangeError(`hub: endpoint ${JSON.stringify(endpoint)} is not an http address`);
}

async function rememberedCommit({ id, revision, cache }: Source): Promise<string> {
  const commit = await cache.commitOf(revision);
  if (commit) return commit;
  throw new MissingFileError(
    `hub: no "${id}" at revision "${revision}" in ${cache.location}, and offline is true`,
  );
}

/** The commit of a branch or tag, by way of the file that every model has. */
async function currentCommit(
  source: Source,
): Promise<{ readonly commit: string; readonly config: Description }> {
  const { id, revision, endpoint, cache, connection } = source;
  const url = fileUrl(endpoint, id, revision, "config.json");
  try {
    const config = await describeFile(connection, url);
    if (config.commit !== undefined) return { commit: config.commit, config };
    const reason = config.file === "absent" ? "404, no such model or revision" : "no X-Repo-Commit";
    throw new HubError(`hub: ${url}: ${reason}`, {
      url,
      status: config.file === "absent" ? 404 : 200,
    });
  } catch (error) {
    const commit = error instanceof HubError && error.temporary && (await cache.commitOf(revision));
    if (!commit) throw error;
    const { url, status } = error;
    const hint = `offline: true uses commit ${commit} from ${cache.location}`;
    throw new HubError(`${error.message}; ${hint}`, { url, status, temporary: true, cause: error });
  }
}
