/** @file The repository's packages as data: manifests, source files and what they import. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const root = fileURLToPath(new URL("..", import.meta.url));

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  /** Modules that are another in a browser. */
  readonly imports?: Readonly<Record<string, { readonly browser: { readonly default: string } }>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export interface Package {
  /** Name of the folder in `packages`, or `apps/` and the name of the folder there. */
  readonly name: string;
  readonly folder: string;
  readonly manifest: Manifest;
}

export interface SourceFile {
  /** Path from the repository's root, with slashes. */
  readonly path: string;
  readonly text: string;
  /** Specifiers of every import, re-export and dynamic import. */
  readonly imports: readonly string[];
  /** Those that remain at run time and are followed while modules load: neither types nor dynamic imports. */
  readonly loads: readonly string[];
}

/** Every folder in `packages` that holds a package; all are published. */
export const packages: readonly Package[] = packagesIn("packages");

/** Every folder in `apps` that holds a package; none is published. */
export const apps: readonly Package[] = packagesIn("apps").map((app) => ({
  ...app,
  name: `apps/${app.name}`,
}));

function packagesIn(group: string): Package[] {
  if (!existsSync(join(root, group))) return [];
  return readdirSync(join(root, group))
    .map((name) => ({ name, folder: join(root, group, name) }))
    .filter(({ folder }) => existsSync(join(folder, "package.json")))
    .map(({ name, folder }) => ({
      name,
      folder,
      manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest,
    }));
}

/** The TypeScript files in a folder and below; none where there is no such folder. */
export function sourceFiles(folder: string): SourceFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => readSource(join(folder, name)));
}

function readSource(file: string): SourceFile {
  const text = readFileSync(file, "utf8");
  const imports = ts.preProcessFile(text, true, true).importedFiles.map((found) => found.fileName);
  return { path: relative(root, file).replaceAll("\\", "/"), text, imports, loads: loadsOf(text) };
}

function loadsOf(text: string): string[] {
  const { statements } = ts.createSourceFile("", text, ts.ScriptTarget.Latest);
  return statements.flatMap((statement) => {
    const erased =
      (ts.isImportDeclaration(statement) && statement.importClause?.isTypeOnly) ||
      (ts.isExportDeclaration(statement) && statement.isTypeOnly);
    if (erased || !(ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)))
      return [];
    const specifier = statement.moduleSpecifier;
    return specifier && ts.isStringLiteral(specifier) ? specifier.text : [];
  });
}

/** Path of the source file that a relative import stands for. */
export function resolveImport(from: string, specifier: string): string {
  const base = resolve(root, from, "..", specifier);
  const found = [`${base}.ts`, `${base}.tsx`, join(base, "index.ts"), base].find(existsSync);
  if (!found) throw new RangeError(`${from}: nothing at "${specifier}"`);
  return relative(root, found).replaceAll("\\", "/");
}

/** The package that a bare specifier names: `"@diopter/model/node"` gives `"@diopter/model"`. */
export function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** The first cycle in a graph of names, as the names along it, or `undefined`. */
export function findCycle(edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return undefined;
    for (const next of edges.get(name) ?? []) {
      const cycle = visit(next, [...path, name]);
      if (cycle) return cycle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of edges.keys()) {
    const cycle = visit(name, []);
    if (cycle) return cycle;
  }
  return undefined;
}
