/**
 * @file Every check of the repository, one after the other: types, lint, tests, build, browser tests, package tests.
 *
 * The last line is `N passed, N failed` over all of them; a check that is no test counts as one. The slowest tests are
 * named before it.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureChromium, HOW_TO_INSTALL } from "./chromium.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);
const reports = mkdtempSync(join(tmpdir(), "diopter-check-"));
const totals = { passed: 0, failed: 0, skipped: 0 };
const durations = [];

check("types", "typescript", "tsc", ["-p", "tsconfig.json"]);
check("lint", "@biomejs/biome", "biome", ["ci", "--colors=off"]);
check("unused code", "knip", "knip", ["--no-config-hints"]);
tests("tests", ["--config", "vitest.config.ts"]);
const built = check("build", "turbo", "turbo", ["run", "build", "--output-logs=errors-only"]);
// After the build: the hub that serves the pages reads what was built.
if (ensureChromium()) tests("browser tests", ["--config", "test/browser/vitest.config.ts"]);
else skip("browser tests", HOW_TO_INSTALL);
if (built) tests("package tests", ["--config", "test/package/vitest.config.ts"]);

rmSync(reports, { recursive: true });
printSlowest(10);
const { passed, failed, skipped } = totals;
const tail = skipped > 0 ? `, ${skipped} skipped` : "";
process.stdout.write(`\n${passed} passed, ${failed} failed${tail}\n`);
process.exit(failed > 0 ? 1 : 0);

/** Runs a tool that either succeeds or not. */
function check(title, packageName, bin, args) {
  const status = runTool(title, packageName, bin, args);
  count(
    title,
    status === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 },
  );
  return status === 0;
}

/** Says why a check cannot run here, and counts it; on a build machine (`CI`) that is a failure. */
function skip(title, reason) {
  process.stdout.write(`\n${title}\n${reason}\n`);
  const failed = process.env.CI ? 1 : 0;
  count(title, { passed: 0, failed, skipped: 1 - failed });
}

/** Runs vitest and counts its tests. */
function tests(title, args) {
  const report = join(reports, `${title.replace(" ", "-")}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const status = runTool(title, "vitest", "vitest", ["run", ...args, ...reporters]);
  count(title, countTests(report, status));
}

function countTests(report, status) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  try {
    for (const file of JSON.parse(readFileSync(report, "utf8")).testResults) {
      const path = relative(root, file.name);
      for (const { fullName, duration = 0 } of file.assertionResults)
        durations.push({ test: `${path}: ${fullName}`, seconds: duration / 1000 });
      const states = file.assertionResults.map((test) => test.status);
      counts.passed += states.filter((state) => state === "passed").length;
      counts.skipped += states.filter((state) => state !== "passed" && state !== "failed").length;
      const failures = states.filter((state) => state === "failed").length;
      // A file that cannot be loaded, or whose hooks fail, has no failed test of its own.
      counts.failed += failures || (file.status === "failed" ? 1 : 0);
    }
  } catch {
    process.stdout.write("no report of the tests was written\n");
  }
  // An error outside any test fails the run without failing a test.
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

function printSlowest(n) {
  const slowest = durations.sort((a, b) => b.seconds - a.seconds).slice(0, n);
  process.stdout.write(`\nthe ${slowest.length} slowest tests\n`);
  for (const { test, seconds } of slowest)
    process.stdout.write(`${seconds.toFixed(1).padStart(7)} s  ${test}\n`);
}

function count(title, counts) {
  for (const key of Object.keys(totals)) totals[key] += counts[key];
  const { passed, failed, skipped } = counts;
  process.stdout.write(`${title}: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
}

/** Runs the command line of an installed package with this very Node, so that no shell and no PATH matter. */
function runTool(title, packageName, bin, args) {
  process.stdout.write(`\n${title}\n`);
  const started = performance.now();
  const { status } = spawnSync(process.execPath, [binOf(packageName, bin), ...args], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
  });
  process.stdout.write(`${title}: ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  return status ?? 1;
}

function binOf(packageName, bin) {
  const folder = join(root, "node_modules", packageName);
  const entry = require(join(folder, "package.json")).bin;
  return join(folder, typeof entry === "string" ? entry : entry[bin]);
}
