/** @file How models, revisions and files are named on a hub, and where each is found. */

/** Whether a string can name a model on a hub: `"owner/name"`, or `"name"` alone as some old models have it. */
export function isHubId(text: string): boolean {
  return (
    text.length <= 96 &&
    /^(?:[\w.-]+\/)?[\w.-]+$/.test(text) &&
    !/--|\.\.|\.git$/.test(text) &&
    text.split("/").every((part) => !/^[-.]|[-.]$/.test(part))
  );
}

/** Whether a revision is a whole commit, which never moves. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/**
 * Refuses names that would lead out of the folder or path that they belong in.
 *
 * @throws {RangeError} naming `what`.
 */
export function requirePath(path: string, what: string): void {
  const parts = path.split("/");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  if (parts.some((part) => part === "" || /^\.\.?$|[\\:\u0000-\u001f]/.test(part))) {
    throw new RangeError(`hub: ${what} ${JSON.stringify(path)} is not a plain relative path`);
  }
}

/** Address of a file of a model. */
export function fileUrl(endpoint: string, id: string, revision: string, file: string): string {
  const path = file.split("/").map(encodeURIComponent).join("/");
  return `${endpoint}/${id}/resolve/${encodeURIComponent(revision)}/${path}`;
}

/** An address as messages may show it: signatures and tokens travel in the query. */
export function withoutQuery(url: string | URL): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
