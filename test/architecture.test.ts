/** @file The direction of arrows between packages, and the habits that every source file keeps. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import {
  apps,
  findCycle,
  type Package,
  packageOf,
  packages,
  resolveImport,
  root,
  sourceFiles,
} from "./workspace";

const below = ["tensor", "statistics", "graph", "model", "plot"];

/** Which packages each package and app may import, those to come included. No sideways arrows, nothing upward. */
const arrows: Record<string, readonly string[]> = {
  tensor: [],
  statistics: ["tensor"],
  graph: ["tensor"],
  model: ["tensor", "graph"],
  plot: ["tensor"],
  lens: below,
  probe: below,
  circuits: below,
  experiments: [],
  elements: ["plot"],
  "tiny-models": ["tensor"],
  cli: [...below, "lens", "probe", "circuits", "experiments", "elements", "tiny-models"],
  "apps/docs": [
    ...below,
    "lens",
    "probe",
    "circuits",
    "experiments",
    "elements",
    "tiny-models",
    "cli",
  ],
};

/**
 * Per package, which other folders of its `src` each folder may import, types included; `.` is the files at the root.
 *
 * A folder within a folder belongs to it, unless it has a row of its own (`"passes/legalize"`). Packages without a
 * table are not held to one yet.
 */
const folderArrows: Record<string, Readonly<Record<string, readonly string[]>>> = {
  circuits: {
    schema: [],
    graph: ["schema"],
    task: ["schema", "graph"],
    known: ["graph"],
    ablation: ["schema", "graph", "task"],
    metrics: ["task"],
    run: ["schema", "graph", "task", "ablation", "metrics"],
    discover: ["schema", "graph", "task", "ablation", "metrics", "run"],
    patch: ["graph", "run"],
    evaluate: ["schema", "graph", "task", "ablation", "metrics", "run", "discover"],
    report: ["schema", "graph", "task", "ablation", "metrics", "run", "discover", "evaluate"],
    reproduce: [
      "schema",
      "graph",
      "task",
      "known",
      "ablation",
      "metrics",
      "run",
      "discover",
      "evaluate",
    ],
    ".": [
      "schema",
      "graph",
      "task",
      "known",
      "ablation",
      "metrics",
      "run",
      "discover",
      "patch",
      "evaluate",
      "report",
      "reproduce",
    ],
  },
  graph: {
    graph: [],
    ops: ["graph"],
    interpret: ["graph", "ops"],
    builder: ["graph", "ops", "interpret"],
    gradients: ["graph", "ops", "builder"],
    passes: ["graph", "ops", "interpret", "builder", "gradients"],
    onnx: ["graph"],
    ".": ["graph", "ops", "interpret", "builder", "gradients", "passes", "onnx"],
  },
  model: {
    config: [],
    weights: ["config"],
    checkpoint: ["config", "weights"],
    hooks: ["config", "weights", "checkpoint"],
    runtime: [],
    transformer: ["config", "weights", "hooks", "runtime"],
    text: ["config", "transformer"],
    sae: ["config", "checkpoint", "hooks", "transformer"],
    edits: ["config", "hooks", "text", "sae"],
    program: ["config", "weights", "hooks", "transformer", "text", "sae", "edits", "runtime"],
    onnx: ["config", "weights", "checkpoint", "hooks", "transformer", "text"],
    ".": [
      "config",
      "weights",
      "checkpoint",
      "hooks",
      "runtime",
      "transformer",
      "text",
      "sae",
      "edits",
      "program",
      "onnx",
    ],
  },
  statistics: {
    describe: [],
    intervals: ["describe"],
    paired: ["describe", "intervals"],
    retrieval: [],
    ".": ["describe", "intervals", "paired", "retrieval"],
  },
};

const publicName = (folder: string) => (folder === "cli" ? "diopter" : `@diopter/${folder}`);
const isRelative = (specifier: string) => specifier.startsWith(".");
const isInner = (specifier: string) => specifier.startsWith("#");
const isOurs = (name: string) => name === "diopter" || name.startsWith("@diopter/");
const members = [...packages, ...apps];
const sources = new Map(members.map((p) => [p.name, sourceFiles(join(p.folder, "src"))]));
const allSources = [...sources.values()].flat();
const names = members.map((p) => p.name);

function dependenciesOf({ manifest }: Package): string[] {
  return Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
}

/** The folder of a path in `src`: the innermost of `named` that it is in, or else the outermost that there is. */
function folderIn(path: string, named: readonly string[]): string {
  const parts = path.split("/").slice(0, -1);
  const around = parts.map((_, i) => parts.slice(0, i + 1).join("/"));
  return around.findLast((folder) => named.includes(folder)) ?? around[0] ?? ".";
}

/** Where a source file holds something that `matches`, as `path:line`. */
function places(matches: (node: ts.Node) => boolean): string[] {
  return allSources.flatMap(({ path, text }) => {
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    const found: string[] = [];
    const visit = (node: ts.Node): void => {
      if (matches(node)) {
        found.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`);
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
    return found;
  });
}

test("every package has its place in the order of packages", () => {
  expect(Object.keys(arrows)).toEqual(expect.arrayContaining(names));
});

test.each(members)("$name depends and imports only downward", (p) => {
  const allowed = arrows[p.name]!.map(publicName);
  const imported = sources
    .get(p.name)!
    .flatMap((file) => file.imports)
    .map(packageOf);
  const used = new Set([...dependenciesOf(p), ...imported].filter(isOurs));
  used.delete(p.manifest.name);
  expect([...used].filter((name) => !allowed.includes(name))).toEqual([]);
});

test.each(members)("$name declares every package that its sources import", (p) => {
  const bare = sources
    .get(p.name)!
    .flatMap((file) => file.imports)
    .filter((specifier) => !isRelative(specifier) && !isInner(specifier) && !isBuiltin(specifier))
    .map(packageOf);
  const declared = [p.manifest.name, ...dependenciesOf(p)];
  expect([...new Set(bare)].filter((name) => !declared.includes(name))).toEqual([]);
});

test.each(members)("the relative imports of $name stay inside src", (p) => {
  const files = sources.get(p.name)!;
  const known = new Set(files.map(({ path }) => path));
  const targets = files.flatMap(({ path, imports }) =>
    imports.filter(isRelative).map((specifier) => resolveImport(path, specifier)),
  );
  expect(targets.filter((path) => !known.has(path) && !path.endsWith(".json"))).toEqual([]);
});

// Cycles of types alone are erased, and an interface may well mention the class that uses it.
test.each(packages)("no module of $name waits for itself while it loads", (p) => {
  const edges = new Map(
    sources.get(p.name)!.map(({ path, loads }) => {
      return [path, loads.filter(isRelative).map((specifier) => resolveImport(path, specifier))];
    }),
  );
  expect(findCycle(edges)?.join(" -> ")).toBeUndefined();
});

describe.each(Object.entries(folderArrows))("the folders of %s", (name, arrowsOf) => {
  const files = sources.get(name)!;
  const edges = new Map(
    files.map(({ path, imports }) => {
      return [path, imports.filter(isRelative).map((specifier) => resolveImport(path, specifier))];
    }),
  );
  const folders = Object.keys(arrowsOf);
  const folderOf = (path: string) => folderIn(path.slice(`packages/${name}/src/`.length), folders);

  test("are those of the table, whose arrows do not go in a circle", () => {
    expect([...new Set(files.map(({ path }) => folderOf(path)))].sort()).toEqual(folders.sort());
    expect(folders).toEqual(expect.arrayContaining(Object.values(arrowsOf).flat()));
    expect(findCycle(new Map(Object.entries(arrowsOf)))?.join(" -> ")).toBeUndefined();
  });

  test("import only along the arrows, types included", () => {
    const wrong = [...edges].flatMap(([path, targets]) =>
      targets
        .filter((to) => folderOf(to) !== folderOf(path))
        .filter((to) => !arrowsOf[folderOf(path)]?.includes(folderOf(to)))
        .map((to) => `${path} -> ${to}`),
    );
    expect(wrong).toEqual([]);
  });

  test("hold no circle of files, types included", () => {
    expect(findCycle(edges)?.join(" -> ")).toBeUndefined();
  });
});

test("the rooms drawn in CONTRIBUTING are those on disk, in the order of their arrows", () => {
  const guide = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");
  const drawn = /```rooms\n([\s\S]*?)```/.exec(guide)![1]!.matchAll(/^([a-z]+)\/([a-z]+) +\S/gm);
  const rooms = new Map<string, string[]>();
  for (const [, name, room] of drawn) rooms.set(name!, [...(rooms.get(name!) ?? []), room!]);
  const inTable = Object.entries(folderArrows).map(([name, arrowsOf]) => [
    name,
    Object.keys(arrowsOf).filter((folder) => folder !== "."),
  ]);
  expect(Object.fromEntries([...rooms].map(([name, list]) => [name, list.toSorted()]))).toEqual(
    Object.fromEntries(inTable.map(([name, list]) => [name, (list as string[]).toSorted()])),
  );
  for (const [name, list] of rooms) {
    for (const [i, room] of list.entries()) {
      const later = folderArrows[name]![room]!.filter((other) => list.indexOf(other) > i);
      expect(later, `${name}/${room}`).toEqual([]);
    }
  }
});

test("a file belongs to the innermost folder that is named, and else to the folder that it is in", () => {
  const folders = [".", "passes", "passes/legalize"];
  expect(folderIn("index.ts", folders)).toBe(".");
  expect(folderIn("passes/cut.ts", folders)).toBe("passes");
  expect(folderIn("passes/fold/one.ts", folders)).toBe("passes");
  expect(folderIn("passes/legalize/gelu.ts", folders)).toBe("passes/legalize");
  expect(folderIn("onnx/encode.ts", folders)).toBe("onnx");
});

test("packages do not depend on each other in a circle", () => {
  const edges = new Map(members.map((p) => [p.manifest.name, dependenciesOf(p).filter(isOurs)]));
  expect(findCycle(edges)?.join(" -> ")).toBeUndefined();
});

test("a cycle is found and named", () => {
  const edges = new Map([
    ["a", ["b"]],
    ["b", ["c"]],
    ["c", ["b"]],
  ]);
  expect(findCycle(edges)).toEqual(["b", "c", "b"]);
});

test.each(packages)("$name is named, versioned and published as its siblings are", (p) => {
  expect(p.manifest).toMatchObject({
    name: publicName(p.name),
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    description: expect.stringMatching(/\.$/),
    license: "MIT",
    type: "module",
    sideEffects: false,
    engines: { node: ">=20.19" },
    repository: { directory: `packages/${p.name}` },
    publishConfig: { access: "public", provenance: true },
  });
  expect(p.manifest.private).toBeUndefined();
});

test.each(packages)("$name exports sources, types and modules, in this order", (p) => {
  const { "./package.json": own, ...entries } = p.manifest.exports;
  expect(own).toBe("./package.json");
  for (const entry of Object.values(entries)) {
    // A file for bundlers, which nobody imports.
    if (typeof entry === "string") continue;
    expect(Object.keys(entry)).toEqual(["@diopter/source", "types", "default"]);
    expect(existsSync(join(p.folder, entry["@diopter/source"]!))).toBe(true);
  }
});

test.each(packages)("the README of $name starts with its name", (p) => {
  const readme = readFileSync(join(p.folder, "README.md"), "utf8");
  expect(readme.startsWith(`# ${publicName(p.name)}\n`)).toBe(true);
});

test.each(packages)("$name exists because it has content", (p) => {
  const index = sources.get(p.name)!.find((file) => file.path.endsWith("src/index.ts"));
  expect(index?.imports.length).toBeGreaterThan(0);
  expect(index?.text).not.toContain("export *");
});

test("every source file starts by saying what it is", () => {
  const mute = allSources.filter(({ text }) => !/^(#!.*\n)?\/\*\*\s+(\* )?@file \S/.test(text));
  expect(mute.map(({ path }) => path)).toEqual([]);
});

test("no source file writes to the console", () => {
  expect(places((node) => ts.isIdentifier(node) && node.text === "console")).toEqual([]);
});

test("no source file uses unseeded random numbers", () => {
  const found = places(
    (node) => ts.isPropertyAccessExpression(node) && node.getText() === "Math.random",
  );
  expect(found).toEqual([]);
});

test("no source file has a default export or an enum", () => {
  const isDefault = (node: ts.Node) =>
    ts.isExportAssignment(node) ||
    node.kind === ts.SyntaxKind.DefaultKeyword ||
    (ts.isExportSpecifier(node) && node.name.text === "default");
  expect(places((node) => isDefault(node) || ts.isEnumDeclaration(node))).toEqual([]);
});

test("no source file leaves work undone in a comment", () => {
  const undone = allSources.filter(({ text }) => /\b(TODO|FIXME|XXX)\b/.test(text));
  expect(undone.map(({ path }) => path)).toEqual([]);
});

test("changesets name packages that exist, and say what changed", () => {
  const folder = join(root, ".changeset");
  const files = readdirSync(folder).filter((name) => name.endsWith(".md") && name !== "README.md");
  for (const file of files) {
    const [, front = "", text = ""] = readFileSync(join(folder, file), "utf8").split(/^---$/m);
    const named = [...front.matchAll(/^"?([^":\n]+)"?: (?:patch|minor|major)$/gm)].map((m) => m[1]);
    expect(named, file).not.toEqual([]);
    expect(packages.map((p) => p.manifest.name)).toEqual(expect.arrayContaining(named));
    expect(text.trim(), file).toMatch(/\.$/);
  }
});
