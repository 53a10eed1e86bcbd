/** @file A release of what is here would go through: versions, manifests, licences, files, and what publint and "are the types wrong" say. */

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, inject, test } from "vitest";
import { filesOf, packAll, problemsOf, versionedCopy } from "../../scripts/release.mjs";
import { packages, root } from "../workspace";

const versions: Record<string, string> = {};
const tarballs: Record<string, string> = {};

beforeAll(() => {
  const folder = join(inject("outside"), "release");
  mkdirSync(folder);
  versionedCopy(folder);
  for (const { name, version, filename } of packAll(folder, folder)) {
    versions[name] = version;
    tarballs[name] = filename;
  }
});

test.each(packages)("$name could be published", async ({ manifest: { name } }) => {
  expect(await problemsOf(tarballs[name]!, versions)).toEqual([]);
});

test.each(packages)(
  "the changesets raise $name, and its changelog says why",
  ({ name, manifest }) => {
    const changelog = join(inject("outside"), "release/packages", name, "CHANGELOG.md");
    expect(versions[manifest.name]).not.toBe(manifest.version);
    expect(readFileSync(changelog, "utf8")).toMatch(
      `# ${manifest.name}\n\n## ${versions[manifest.name]}\n`,
    );
    expect(filesOf(tarballs[manifest.name]!)).toContain("CHANGELOG.md");
  },
);

test("what keeps a tarball from being published is named", async () => {
  const { manifest } = packages.find(({ name }) => name === "statistics")!;
  const early = inject("tarballs").statistics!;
  const later = { [manifest.name]: "9.0.0", "@diopter/tensor": "9.0.0" };
  expect(await problemsOf(early, later)).toEqual([
    `version is "${manifest.version}", expected "9.0.0"`,
    `it depends on @diopter/tensor ^${manifest.version}, which is released as 9.0.0`,
  ]);
});

test("who cites or finds a hole in it knows how", () => {
  expect(readFileSync(join(root, "SECURITY.md"), "utf8")).toMatch(/^# Security\n/);
  const citation = readFileSync(join(root, "CITATION.cff"), "utf8");
  for (const field of [
    "cff-version: 1.2.0",
    "message:",
    "title: Diopter",
    "authors:",
    "license: MIT",
  ])
    expect(citation).toMatch(new RegExp(`^${field}`, "m"));
});
