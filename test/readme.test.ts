/** @file What every README promises to someone in an empty folder; test/package/readme.test.ts follows them there. */

import { describe, expect, test } from "vitest";
import { importedPackages, readmes } from "./readme";

const withPrograms = readmes.filter(({ name }) => name !== "cli");
const programs = withPrograms.flatMap(({ name, installs, programs }) =>
  programs.map((program, i) => ({ label: `${name}, ${i + 1}`, installs, ...program })),
);

describe.each(withPrograms)("the README of $name", ({ name, text, installs, programs }) => {
  test("installs itself and shows a program", () => {
    if (name !== "root") expect(installs).toContain(`@diopter/${name}`);
    expect(programs).not.toEqual([]);
  });

  test("says under which name a program is an ES module whatever npm init wrote", () => {
    expect(text).toContain("Saved as `example.mjs`");
  });
});

test.each(
  readmes.filter(({ installs }) =>
    installs.some((name) => /^(onnxruntime-node|diopter)$/.test(name)),
  ),
)("the README of $name says what to do where the install script has no network", ({ text }) => {
  expect(text.match(/^.*ONNXRUNTIME_NODE_INSTALL=skip npm install.*$/gm)).toHaveLength(1);
});

describe.each(programs)("the program $label", ({ code, prints, installs }) => {
  test("imports nothing but what is installed", () => {
    const needs = importedPackages(code);
    // The runtime is no import of the program, and a peer that it needs.
    if (code.includes("@diopter/model/node")) needs.push("onnxruntime-node");
    expect(needs.filter((name) => !installs.includes(name))).toEqual([]);
  });

  test("shows what it prints, and frees every model", () => {
    expect(prints?.trim()).toBeTruthy();
    const count = (word: RegExp) => code.match(word)?.length ?? 0;
    expect(count(/\.dispose\(\)/g)).toBe(count(/await Model\.(load|fromOnnx)\(/g));
  });
});
