/** @file Every README followed in an empty folder: its own install line, then its programs, which print what it says. */

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { readmes } from "../readme";
import { installIn, npm } from "./install";

describe.each(readmes.filter(({ name }) => name !== "cli"))("the README of $name", (readme) => {
  const folder = join(inject("outside"), "readmes", readme.name);

  beforeAll(() => {
    mkdirSync(folder, { recursive: true });
    npm(folder, ["init", "-y"]);
    installIn(folder, inject("tarballs"), readme.installs);
  });

  test.each(readme.programs)("program $# prints what stands below it", ({ code, prints }) => {
    writeFileSync(join(folder, "example.mjs"), code);
    const options = { cwd: folder, encoding: "utf8" } as const;
    expect(execFileSync(process.execPath, ["example.mjs"], options)).toBe(prints);
  });
});
