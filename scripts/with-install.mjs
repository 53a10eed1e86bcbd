/**
 * @file Runs a job of the repository, installing its dependencies first when they are missing or stale.
 *
 * Uses nothing but Node, so `npm run demo` and `npm test` work on a fresh clone.
 */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const fromSource = ["--conditions=@diopter/source", "--import", "tsx"];

/** Arguments to node for each job. */
const jobs = {
  demo: [...fromSource, "packages/cli/src/bin.ts", "demo"],
  test: ["scripts/check.mjs"],
  "release:dry": ["scripts/release-dry.mjs"],
  bench: [...fromSource, "--expose-gc", "bench/run.ts"],
};

const [job, ...args] = process.argv.slice(2);
if (!Object.hasOwn(jobs, job)) {
  fail(`with-install: no job "${job}"; jobs: ${Object.keys(jobs).join(", ")}`);
}
requireNode(20, 19);
if (!isInstalled()) install();
process.exit(run(process.execPath, [...jobs[job], ...args], "inherit"));

function requireNode(major, minor) {
  const [haveMajor, haveMinor] = process.versions.node.split(".").map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  fail(`with-install: Node ${process.versions.node} is too old; Diopter needs ${major}.${minor}`);
}

/** Whether what is in `node_modules` is what the lock file asks for, version by version. */
function isInstalled() {
  const record = `${root}node_modules/.package-lock.json`;
  if (!existsSync(record)) return false;
  const installed = readPackages(record);
  return Object.entries(readPackages(`${root}package-lock.json`)).every(([path, wanted]) => {
    if (!path.startsWith("node_modules/") || wanted.optional || wanted.devOptional) return true;
    return installed[path]?.version === wanted.version && existsSync(`${root}${path}`);
  });
}

function readPackages(file) {
  return JSON.parse(readFileSync(file, "utf8")).packages;
}

/** Installs what the lock file says. All of npm's output goes to stderr: stdout belongs to the job. */
function install() {
  process.stderr.write("Installing dependencies (once; about a minute)\n");
  const npm = process.env.npm_execpath;
  const options = ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  const status = npm
    ? run(process.execPath, [npm, ...options], ["ignore", 2, 2])
    : run("npm", options, ["ignore", 2, 2]);
  if (status !== 0) fail(`with-install: npm ci failed with exit code ${status}`);
}

/** Runs a program in the repository's root and gives its exit code. */
function run(program, options, stdio) {
  const { status, error } = spawnSync(program, options, {
    cwd: root,
    stdio,
    // The install script of onnxruntime-node fetches GPU parts that Diopter does not use, and fails without that network.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" },
  });
  if (error) fail(`with-install: cannot run ${program}: ${error.message}`);
  return status ?? 1;
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
