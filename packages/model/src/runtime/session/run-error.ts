/** @file ONNX Runtime's errors in one line of ours, the original as `cause`. */

const IN_NODE = /while running (\w+) node\. Name:'(.*?)' Status Message: (.*)$/s;
/** Sizes that wasm cannot count are among them. */
const OUT_OF_MEMORY =
  /bad_alloc|out of memory|OOM|allocation failed|(failed|not) (to )?allocate|aximum memory size|SafeIntOnOverflow|Invalid typed array length/;

/** Leaves errors of this package as they are. */
export function runError(runtime: string, graph: string, error: unknown): Error {
  const ours = (message: string) => [`${runtime}: `, "model/"].some((s) => message.startsWith(s));
  if (error instanceof Error && ours(error.message)) return error;
  const message = error instanceof Error ? error.message : String(error);
  const [, op, , status] = IN_NODE.exec(message) ?? [];
  const where = op === undefined ? "" : ` in ${op}`;
  const what = OUT_OF_MEMORY.test(message)
    ? "out of memory; run fewer prompts at a time"
    : oneLine(status ?? message);
  return new Error(`${runtime}: graph "${graph}" failed${where}: ${what}`, { cause: error });
}

/** Without the C++ source location and assertion that some messages begin with. */
function oneLine(message: string): string {
  return message
    .replace(/^.*?ERROR_CODE: \d+, ERROR_MESSAGE: /s, "")
    .replace(/^\S+:\d+ .*? was false\. /s, "")
    .replace(/\s+/g, " ")
    .trim()
    .replace(/\.$/, "");
}
