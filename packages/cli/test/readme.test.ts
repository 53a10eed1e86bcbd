import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { diopter, temporaryFolder } from "./capture";

/** The command lines of the README, cut as a shell would. */
const lines = [
  ...readFileSync(join(import.meta.dirname, "../README.md"), "utf8").matchAll(/^diopter (.*)$/gm),
].map(([, line]) => [...line!.matchAll(/"([^"]*)"|(\S+)/g)].map((word) => word[1] ?? word[2]!));

test("every command line of the README works, and writes what it says", async () => {
  const cwd = temporaryFolder();
  expect(lines).toHaveLength(18);
  for (const argv of lines) {
    // The page about a circuit takes a while, and has tests of its own.
    const more = argv[0] === "demo" && !argv.includes("--lens-only") ? ["--lens-only"] : [];
    const { code, err } = await diopter([...argv, ...more], { cwd });
    expect(code, `${argv.join(" ")}: ${err}`).toBe(0);
  }
  expect(readdirSync(cwd).sort()).toEqual([
    "attention.svg",
    "circuit.json",
    "circuit.svg",
    "corolla.html",
    "demo",
    "lens.html",
    "report.html",
    "scores.json",
    "the.safetensors",
  ]);
});
