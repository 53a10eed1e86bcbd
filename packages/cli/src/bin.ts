#!/usr/bin/env node
/** @file The process around the command line: arguments, streams, Ctrl-C. */

import { errorLine } from "./error-line";
import { main } from "./index";

const controller = new AbortController();

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    // Who asks twice does not want to wait for things to be freed.
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  });
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // A reader such as `head` may have seen enough.
  if (error.code === "EPIPE") process.exit(0);
  process.stderr.write(`cannot write to stdout: ${errorLine(error)}\n`);
  process.exit(1);
});
// Nobody is left to be told.
process.stderr.on("error", () => process.exit(1));

process.exitCode = await main(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  isTerminal: process.stderr.isTTY,
  env: process.env,
  cwd: process.cwd(),
  signal: controller.signal,
});
