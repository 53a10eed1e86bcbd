/**
 * @file A release without publishing: builds, gives versions by the changesets, packs, and says what is wrong.
 *
 * Nothing in the repository changes but `dist`. With a folder as its argument, the tarballs stay there.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { packAll, problemsOf, versionedCopy } from "./release.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "diopter-release-"));
const kept = process.argv[2] && resolve(process.argv[2]);
try {
  build();
  versionedCopy(folder);
  const destination = kept ?? folder;
  mkdirSync(destination, { recursive: true });
  const packed = packAll(folder, destination);
  const versions = Object.fromEntries(packed.map(({ name, version }) => [name, version]));
  let wrong = 0;
  for (const { name, version, size, filename } of packed) {
    const problems = await problemsOf(filename, versions);
    wrong += problems.length;
    say(
      `${name} ${version}, ${Math.ceil(size / 1000)} kB: ${problems.length === 0 ? "ready" : ""}`,
    );
    for (const problem of problems) say(`  ${problem}`);
  }
  say(wrong === 0 ? `${packed.length} packages are ready` : `${wrong} problems`);
  process.exitCode = wrong === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}

function build() {
  const turbo = join(root, "node_modules/turbo/bin/turbo");
  const args = [turbo, "run", "build", "--output-logs=errors-only"];
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" };
  const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: "inherit" });
  if (status !== 0) process.exit(1);
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
