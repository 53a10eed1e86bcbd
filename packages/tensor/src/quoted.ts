/** @file Values of a file as messages show them: never longer than a line, whatever the file holds. */

/** Most characters of a foreign value in a message. */
const most = 80;

/** A text of at most 80 characters, or as many as said; a longer one loses its end. */
export function brief(text: string, length = most): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/**
 * A value as JSON in at most 80 characters.
 *
 * @example
 * quoted(["a", 1]); // '["a",1]'
 */
export function quoted(value: unknown): string {
  if (typeof value === "string") {
    const text = JSON.stringify(value.slice(0, most));
    return text.length <= most && value.length <= most ? text : `${text.slice(0, most - 2)}…"`;
  }
  try {
    return brief(JSON.stringify(value) ?? String(value));
  } catch {
    // Values nested deeper than the stack, and those that JSON has no word for.
    return Array.isArray(value) ? "a list" : `a value of type ${typeof value}`;
  }
}
