/** @file Packs every package and installs the tarballs in an empty folder outside the repository, once for all package tests. */

import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type { TestProject } from "vitest/node";
import { packages, root } from "../workspace";

declare module "vitest" {
  interface ProvidedContext {
    /** Folder in which every package is installed from its tarball. */
    outside: string;
    /** Tarball of each package, by folder name. */
    tarballs: Readonly<Record<string, string>>;
  }
}

export default function setup(project: TestProject): () => void {
  const outside = realpathSync(mkdtempSync(join(tmpdir(), "diopter-package-")));
  const tarballs = pack(outside);
  writeJson(join(outside, "package.json"), { name: "consumer", private: true, type: "module" });
  installIn(outside, tarballs, [...packages.map((p) => p.manifest.name), "onnxruntime-node"]);
  link("onnxruntime-web", outside);
  link("@types/node", outside);
  project.provide("outside", outside);
  project.provide("tarballs", tarballs);
  return () => rmSync(outside, { recursive: true, force: true });
}

function pack(destination: string): Record<string, string> {
  const folders = packages.map((p) => `--workspace=packages/${p.name}`);
  const out = npm(root, ["pack", "--json", "--pack-destination", destination, ...folders]);
  const packed: { name: string; filename: string }[] = Object.values(JSON.parse(out));
  return Object.fromEntries(
    packages.map(({ name, manifest }) => {
      const filename = packed.find((found) => found.name === manifest.name)!.filename;
      return [name, join(destination, filename)];
    }),
  );
}

/** Installs packages, ours from their tarballs, in a folder that has a `package.json`. */
export function installIn(
  folder: string,
  tarballs: Readonly<Record<string, string>>,
  names: readonly string[],
): void {
  // onnxruntime-node is 300 MB: an empty stand-in satisfies npm, then a link to the repository's copy satisfies Node.
  const standIn = join(folder, "stand-in");
  mkdirSync(standIn, { recursive: true });
  writeJson(join(standIn, "package.json"), { name: "onnxruntime-node", version: "1.30.0" });
  const ours = packages.map((p) => [p.manifest.name, `file:${tarballs[p.name]}`] as const);
  const sources = new Map([...ours, ["onnxruntime-node", `file:${standIn}`]]);
  const manifest = join(folder, "package.json");
  // What is not asked for by name is asked for by another package, of a version that the registry does not have.
  const overrides = [...sources].filter(([name]) => !names.includes(name));
  writeJson(manifest, {
    ...JSON.parse(readFileSync(manifest, "utf8")),
    overrides: Object.fromEntries(overrides),
  });
  const wanted = names.map((name) => `${name}@${sources.get(name)}`);
  const quiet = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
  npm(folder, ["install", ...quiet, ...wanted]);
  if (existsSync(join(folder, "node_modules/onnxruntime-node"))) link("onnxruntime-node", folder);
}

/** Makes the repository's copy of a third-party package visible outside. */
export function link(name: string, outside: string): void {
  const target = join(outside, "node_modules", name);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(join(target, ".."), { recursive: true });
  symlinkSync(join(root, "node_modules", name), target, "dir");
}

/** Puts what a page needs of onnxruntime-web into a folder: copied, since bundlers tell links from packages. */
export function copyOfOrtWeb(folder: string): void {
  const from = join(root, "node_modules/onnxruntime-web");
  const to = join(folder, "node_modules/onnxruntime-web");
  const needed =
    /^(package\.json|dist|dist.ort\.(wasm|webgpu)\.bundle\.min\.mjs|dist.ort-wasm-simd-threaded(\.asyncify)?\.wasm)?$/;
  cpSync(from, to, { recursive: true, filter: (path) => needed.test(relative(from, path)) });
}

/** Runs npm and gives its standard output. */
export function npm(cwd: string, args: readonly string[]): string {
  const path = process.env.npm_execpath;
  const [program, first] = path ? [process.execPath, [path]] : ["npm", []];
  const env = { ...process.env };
  // Settings that `npm test` hands down would otherwise apply to the folder outside too.
  for (const name of Object.keys(env)) {
    if (/^npm_(config_(workspace|local_prefix|prefix)|package)/i.test(name)) delete env[name];
  }
  const result = spawnSync(program, [...first, ...args], { cwd, env, encoding: "utf8" });
  if (result.status !== 0) throw new Error(`npm ${args[0]} failed\n${result.stderr}`);
  return result.stdout;
}

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, JSON.stringify(value, null, 2));
}
