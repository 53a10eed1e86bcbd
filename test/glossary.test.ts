/** @file One word for one idea: names and forms of options across packages, as CONTRIBUTING's glossary has them. */

import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { packages, sourceFiles } from "./workspace";

/** Other words for what has a name already. */
const instead: Readonly<Record<string, string>> = {
  objective: "metric",
  metricFn: "metric",
  position: "pos",
  abortSignal: "signal",
  abort: "signal",
  progress: "onProgress",
  callback: "onProgress",
  randomSeed: "seed",
  rng: "seed",
  count: "n",
  memoryLimit: "budget",
  resumeFrom: "resume",
};

/** What the type of an option must look like. */
const forms: Readonly<Record<string, RegExp>> = {
  signal: /^AbortSignal( \| undefined)?$/,
  seed: /^(number|Seed( \| false)?)( \| undefined)?$/,
  n: /^number( \| undefined)?$/,
  budget: /^number( \| undefined)?$/,
  onProgress: /=>|^LoadOptions|Progress/,
};

interface Option {
  readonly place: string;
  readonly name: string;
  readonly type: string;
}

/** Properties of exported interfaces and types whose name ends in `Options`. */
function optionsOf(path: string, text: string): Option[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: Option[] = [];
  const visit = (node: ts.Node, owner: string): void => {
    if (ts.isPropertySignature(node) || ts.isMethodSignature(node)) {
      const name = node.name.getText();
      const type = ts.isMethodSignature(node) ? "=>" : (node.type?.getText() ?? "");
      found.push({ place: `${path}: ${owner}.${name}`, name, type });
      return;
    }
    ts.forEachChild(node, (child) => visit(child, owner));
  };
  for (const node of file.statements) {
    const isType = ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
    if (isType && node.name.text.endsWith("Options")) visit(node, node.name.text);
  }
  return found;
}

const options = packages.flatMap((p) =>
  sourceFiles(join(p.folder, "src")).flatMap(({ path, text }) => optionsOf(path, text)),
);

test("options are found in every package that has some", () => {
  expect(options.length).toBeGreaterThan(150);
  expect(optionsOf("a.ts", "export interface XOptions { readonly seed?: string }")).toEqual([
    { place: "a.ts: XOptions.seed", name: "seed", type: "string" },
  ]);
});

test("no option is called by another word for what has a name", () => {
  const wrong = options
    .filter(({ name }) => Object.hasOwn(instead, name))
    .map(({ place, name }) => `${place} (${instead[name]})`);
  expect(wrong).toEqual([]);
});

test("signal, seed, n, budget and onProgress have one form each", () => {
  const wrong = options
    .filter(({ name, type }) => Object.hasOwn(forms, name) && !forms[name]!.test(type))
    .map(({ place, type }) => `${place}: ${type}`);
  expect(wrong).toEqual([]);
});
