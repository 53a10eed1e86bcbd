/** @file COMPATIBILITY.md claims nothing that is not there. */

import { readFileSync } from "node:fs";
import * as circuits from "@diopter/circuits";
import * as formats from "@diopter/circuits/formats";
import * as tasks from "@diopter/circuits/tasks";
import * as model from "@diopter/model";
import { Fields, families, hookNames, Model } from "@diopter/model";
import { expect, test } from "vitest";

const text = readFileSync(new URL("../../../COMPATIBILITY.md", import.meta.url), "utf8");
const rows = text
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| ---"))
  .map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  )
  .filter(([, status]) => status !== "");
const section = (title: string) => text.split(`\n${title}\n`)[1]!.split(/\n#/)[0]!;
const quoted = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);

/** Hooks of models that have every kind of block between them, without the layer. */
const hooks = new Set(
  ["gpt2", "gemma3", "bert"].flatMap((name) =>
    hookNames(usual(name)).map((hook) => hook.replace(/^blocks\.\d+\./, "blocks.{l}.")),
  ),
);

test("every row is green, amber or red, and what is not green says why", () => {
  expect(rows.length).toBeGreaterThan(80);
  for (const [name, status] of rows) {
    expect(["green", "amber", "red"], name).toContain(status);
  }
  for (const row of rows.filter(([, status]) => status === "amber")) {
    expect(row.slice(2).join(""), row[0]).not.toBe("");
  }
});

test("hooks are there when they are green, and are not when they are red", () => {
  const table = section("### Activations")
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  let checked = 0;
  for (const line of table) {
    const [, names = "", status] = line.split("|").map((cell) => cell.trim());
    let place = "";
    for (const name of quoted(names)) {
      place = /^(?:.*\.)?(?=hook_)/.exec(name)?.[0] || (name.includes(".") ? "" : place);
      const full = [name, place + name, `blocks.{l}.${name}`];
      expect(
        full.some((each) => hooks.has(each)),
        `${name} is ${status}`,
      ).toBe(status !== "red");
      checked++;
    }
  }
  expect(checked).toBeGreaterThan(40);
});

test("functions and methods that it names in Diopter's column exist", () => {
  const own = [...quoted(rows.map((row) => row[2] ?? "").join(" "))];
  const called = own.map((name) => /^(?:Model\.)?([a-z]\w*)\(/.exec(name)?.[1]).filter(Boolean);
  const cacheOrWeights = ["get", "names", "entries", "row", "W_Q"];
  for (const name of called as string[]) {
    const there =
      name in model ||
      name in circuits ||
      name in formats ||
      name in tasks ||
      name in Model ||
      name in Model.prototype;
    expect(there || cacheOrWeights.includes(name), name).toBe(true);
  }
  expect(called.length).toBeGreaterThan(15);
});

test("families are there when they are green or amber", () => {
  const table = section("## Families")
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  for (const line of table.slice(1)) {
    const [, names = "", status] = line.split("|").map((cell) => cell.trim());
    for (const model_type of quoted(names)) {
      const there = families.some(({ matches }) => matches({ model_type }));
      expect(there, model_type).toBe(status !== "red");
    }
  }
});

function usual(name: string): model.ModelConfig {
  const sizes: Record<string, unknown> = { vocab_size: 8 };
  for (const key of ["num_hidden_layers", "n_layer"]) sizes[key] = 1;
  for (const key of ["hidden_size", "n_embd", "intermediate_size"]) sizes[key] = 8;
  for (const key of ["num_attention_heads", "num_key_value_heads", "n_head"]) sizes[key] = 2;
  for (const key of ["max_position_embeddings", "n_positions"]) sizes[key] = 8;
  const family = families.find((each) => each.name === name)!;
  return family.config(new Fields(name, sizes), { shape: () => undefined, layers: () => 0 });
}
