/** @file What a release publishes: packages with the versions that the changesets give them, packed, and what is wrong with each. */

import { spawnSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);
const LEFT_OUT = new Set(["node_modules", "test", ".turbo", "training"]);

/** Copies what is published into an empty folder, where the changesets then give versions and changelogs. Throws what changesets say. */
export function versionedCopy(folder) {
  for (const name of ["package.json", ".changeset", "packages"]) {
    cpSync(join(root, name), join(folder, name), {
      recursive: true,
      filter: (path) =>
        !relative(root, path)
          .split(sep)
          .some((part) => LEFT_OUT.has(part)),
    });
  }
  succeed(run(folder, require.resolve("@changesets/cli/bin.js"), ["version"]), "changeset version");
}

/** Packs every package of a folder: what npm says of each tarball, `filename` as a whole path. */
export function packAll(folder, destination) {
  const args = ["pack", "--json", "--workspaces", "--pack-destination", destination];
  const { stdout } = succeed(npm(folder, args), "npm pack");
  return Object.values(JSON.parse(stdout)).map((packed) => ({
    ...packed,
    filename: join(destination, packed.filename),
  }));
}

/** What keeps a tarball from being published, one line each. `siblings` are the versions that are released together. */
export async function problemsOf(tarball, siblings) {
  const manifest = JSON.parse(contentOf(tarball, "package.json"));
  return [
    ...manifestProblems(manifest, siblings),
    ...fileProblems(tarball, manifest),
    ...(await publintProblems(tarball, manifest)),
    ...typeProblems(tarball),
  ];
}

function manifestProblems(manifest, siblings) {
  const { name, version, license, repository, publishConfig, dependencies = {} } = manifest;
  const wanted = [
    ["license", license, "MIT"],
    ["publishConfig.access", publishConfig?.access, "public"],
    // The registry shows from which commit and by which workflow a tarball was made.
    ["publishConfig.provenance", publishConfig?.provenance, true],
    ["repository.url", repository?.url, "git+https://github.com/diopter/diopter.git"],
    ["version", version, siblings[name]],
  ];
  const ours = Object.entries(dependencies).filter(([other]) => Object.hasOwn(siblings, other));
  return [
    ...wanted.flatMap(([field, got, expected]) =>
      got === expected ? [] : [`${field} is ${JSON.stringify(got)}, expected "${expected}"`],
    ),
    ...(manifest.private ? ["it is private"] : []),
    ...(/^\d+\.\d+\.\d+$/.test(version) ? [] : [`version is "${version}"`]),
    ...["description", "keywords", "engines", "exports"].flatMap((field) =>
      manifest[field] ? [] : [`${field} is missing`],
    ),
    ...ours.flatMap(([other, range]) =>
      range === `^${siblings[other]}`
        ? []
        : [`it depends on ${other} ${range}, which is released as ${siblings[other]}`],
    ),
  ];
}

function fileProblems(tarball, { bin = {} }) {
  const files = filesOf(tarball);
  const needed = ["README.md", "LICENSE", "dist/index.js", "dist/index.d.ts"];
  const programs = Object.values(bin).map((path) => path.replace(/^\.\//, ""));
  const licence = readFileSync(join(root, "LICENSE"), "utf8");
  return [
    ...[...needed, ...programs].flatMap((file) => (files.includes(file) ? [] : [`no ${file}`])),
    ...files.flatMap((file) =>
      /(^|\/)(test|scripts|training)\/|\.test\.ts$/.test(file) ? [`${file} is not for users`] : [],
    ),
    ...(files.includes("LICENSE") && contentOf(tarball, "LICENSE") !== licence
      ? ["LICENSE is not that of the repository"]
      : []),
  ];
}

async function publintProblems(tarball, manifest) {
  const { buffer } = new Uint8Array(readFileSync(tarball));
  const { messages } = await publint({ pack: { tarball: buffer }, strict: true });
  return messages.map((message) => formatMessage(message, manifest));
}

/** What "are the types wrong" says to those who import as ES modules. */
function typeProblems(tarball) {
  const attw = join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");
  const { status, stdout } = run(root, attw, [tarball, "--profile", "esm-only", "--no-color"]);
  return status === 0 ? [] : [stdout];
}

/** Paths in a tarball. */
export function filesOf(tarball) {
  const { stdout } = succeed(spawnSync("tar", ["-tzf", tarball], { encoding: "utf8" }), "tar");
  return stdout
    .trim()
    .split("\n")
    .map((path) => path.replace(/^package\//, ""));
}

function contentOf(tarball, file) {
  const args = ["-xzOf", tarball, `package/${file}`];
  return succeed(spawnSync("tar", args, { encoding: "utf8" }), "tar").stdout;
}

/** Runs a program of Node. */
function run(cwd, program, args) {
  return spawnSync(process.execPath, [program, ...args], { cwd, encoding: "utf8" });
}

/** Runs npm, without what an `npm run` around this hands down of its own workspace. */
function npm(cwd, args) {
  const inherited = /^npm_(config_(workspace|local_prefix|prefix)|package)/i;
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !inherited.test(name)),
  );
  const options = { cwd, env, encoding: "utf8", maxBuffer: 2 ** 26 };
  const { npm_execpath: path } = process.env;
  return path
    ? spawnSync(process.execPath, [path, ...args], options)
    : spawnSync("npm", args, options);
}

function succeed(result, what) {
  if (result.status === 0) return result;
  throw new Error(`${what} failed\n${result.error ?? `${result.stdout}${result.stderr}`}`);
}
