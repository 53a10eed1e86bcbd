/** @file The command line, installed from its tarball with the packages and the model that it needs. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";

function diopter(...args: string[]): string {
  const outside = inject("outside");
  const bin = join(outside, "node_modules/.bin/diopter");
  // By path and not through a shell: its first line and its permission to run are part of what is tested.
  return execFileSync(bin, args, { cwd: outside, encoding: "utf8" });
}

test("diopter --help names its commands", () => {
  const help = diopter("--help");
  for (const command of ["demo", "lens", "run", "inspect", "doctor"]) {
    expect(help).toContain(command);
  }
});

test.each(["node", "reference"])("diopter demo writes a page of its own with %s", (runtime) => {
  const page = join(inject("outside"), `${runtime}.html`);
  // The page about a circuit takes a while, and has a test of its own.
  expect(diopter("demo", "--lens-only", "--out", page, "--runtime", runtime)).toContain(page);
  const html = readFileSync(page, "utf8");
  expect(html).toContain("<svg");
  // Nothing that a browser would fetch.
  expect(html).not.toMatch(/(?:src|href)="(?!#)|url\((?!#)|@import/);
});
