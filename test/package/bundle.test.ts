/** @file What a browser would have to load: no runtime, no Node module in the cores, and no more bytes than budgeted. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { packageOf, packages, root } from "../workspace";
import { entries } from "./entries";

/** Every specifier that a built module imports, through the chunks and Diopter packages that it pulls in. */
function reach(module: string, seen = new Set<string>()): Set<string> {
  if (seen.has(module)) return seen;
  seen.add(module);
  const { importedFiles } = ts.preProcessFile(readFileSync(module, "utf8"), true, true);
  for (const { fileName } of importedFiles) {
    const inner = innerModule(module, fileName);
    const ours = entries.find((entry) => entry.specifier === fileName)?.module;
    if (fileName.startsWith(".")) reach(join(dirname(module), fileName), seen);
    else if (inner ?? ours) reach((inner ?? ours)!, seen);
    else seen.add(fileName);
  }
  return seen;
}

/** What an import that starts with `#` stands for in a browser. */
function innerModule(from: string, specifier: string): string | undefined {
  const owner = packages.find(({ folder }) => from.startsWith(join(folder, "dist")));
  const target = owner?.manifest.imports?.[specifier]?.browser.default;
  return target && join(owner!.folder, target);
}

/** The only entries that may know a runtime, and which. */
const runtimes: Record<string, string> = {
  "@diopter/model/node": "onnxruntime-node",
  "@diopter/model/web": "onnxruntime-web",
};
const isNode = (name: string) => name.startsWith("node:") || builtinModules.includes(name);
/** Entries that say in their documentation that they are for Node. */
const ofNode = ["@diopter/model/node", "@diopter/model/whole-file"];
const browserEntries = entries.filter(
  ({ specifier, package: { name } }) => name !== "cli" && !ofNode.includes(specifier),
);
const importsOf = (module: string) => [...reach(module)].filter((name) => !name.startsWith("/"));

test.each(browserEntries)("$specifier reaches no Node module", ({ module }) => {
  expect(importsOf(module).filter(isNode)).toEqual([]);
});

test.each(browserEntries)("$specifier reaches no runtime but its own", ({ specifier, module }) => {
  const known = importsOf(module).filter((name) => name.startsWith("onnxruntime"));
  expect(known.filter((name) => packageOf(name) !== runtimes[specifier])).toEqual([]);
});

test("@diopter/model/node does reach the runtime that the core must not", () => {
  const node = entries.find(({ specifier }) => specifier === "@diopter/model/node")!;
  expect([...reach(node.module)]).toContain("onnxruntime-node");
});

interface Size {
  readonly name: string;
  readonly passed: boolean;
  readonly size: number;
  readonly sizeLimit: number;
}

describe("bundle size", () => {
  const bin = join(root, "node_modules/size-limit/bin.js");
  const measure = (): Size[] => {
    try {
      return JSON.parse(
        execFileSync(process.execPath, [bin, "--json"], { cwd: root, encoding: "utf8" }),
      );
    } catch (error) {
      // size-limit exits with 1 when a budget is exceeded, having printed all the same.
      return JSON.parse((error as { stdout: string }).stdout);
    }
  };

  test("every package has a budget, and no entry exceeds its own", () => {
    const sizes = measure();
    const budgeted = sizes.map(({ name }) => name);
    const wanted = packages.map((p) => p.manifest.name).filter((name) => name !== "diopter");
    expect(budgeted).toEqual(expect.arrayContaining(wanted));
    expect(sizes.filter(({ passed }) => !passed)).toEqual([]);
  });
});
