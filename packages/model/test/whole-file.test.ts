import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { writeWhole } from "@diopter/model/whole-file";
import { expect, test } from "vitest";

const folder = () => mkdtempSync(join(tmpdir(), "diopter-whole-"));

test("whoever reads while it is written finds one content or the other, whole", async () => {
  const path = join(folder(), "in/a/new/folder.txt");
  const contents = ["a".repeat(2_000_000), "b".repeat(1_000_000)];
  await writeWhole(path, contents[0]!);
  for (let i = 1; i <= 12; i++) {
    const writing = writeWhole(path, contents[i % 2]!);
    let done = false;
    void writing.finally(() => {
      done = true;
    });
    do expect(contents.includes(await readFile(path, "utf8"))).toBe(true);
    while (!done);
    await writing;
    expect(readFileSync(path, "utf8") === contents[i % 2]).toBe(true);
  }
});

test("what cannot be written leaves the old content, and nothing beside it", async () => {
  const cwd = folder();
  const path = join(cwd, "page.html");
  await writeWhole(path, "old");
  await expect(writeWhole(path, Symbol("no content") as never)).rejects.toThrow();
  expect(readFileSync(path, "utf8")).toBe("old");
  expect(readdirSync(cwd)).toEqual(["page.html"]);
});

test("parts of killed writers are removed, those of living ones and files of other names stay", async () => {
  const cwd = folder();
  const machine = createHash("sha256").update(hostname()).digest("hex").slice(0, 6);
  const { pid: dead } = spawnSync(process.execPath, ["--version"]);
  const part = (pid: number) => `page.html.${machine}-${pid}-0123abcd.tmp`;
  const others = ["notes.tmp", "page.html.tmp", part(process.pid)];
  for (const name of [...others, part(dead)]) writeFileSync(join(cwd, name), "half");
  await writeWhole(join(cwd, "page.html"), "whole");
  expect(readdirSync(cwd).sort()).toEqual([...others, "page.html"].sort());
});

test("a link keeps leading to its file", async () => {
  const cwd = folder();
  writeFileSync(join(cwd, "real.txt"), "old");
  symlinkSync("real.txt", join(cwd, "link.txt"));
  await writeWhole(join(cwd, "link.txt"), "new");
  expect(readFileSync(join(cwd, "real.txt"), "utf8")).toBe("new");
});
