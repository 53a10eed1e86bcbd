/** @file Help texts, from the same data that the parser reads. */

import type { ArgDef } from "citty";
import type { Command } from "./command";

/** Characters of a line, without what sets it off. */
const WIDTH = 116;

const footer = `Data goes to stdout, progress and errors to stderr (a stack with DIOPTER_DEBUG=1).
Exit codes: 0 done, 1 it failed, 2 the command line makes no sense, 130 interrupted.
`;

/** Help of the program. */
export function programHelp(commands: readonly Command[], version: string): string {
  return [
    `diopter ${version}: look inside transformer language models\n`,
    "Usage: diopter <command> [options]\n",
    section(
      "Commands",
      commands.map(({ name, summary }) => [name, summary]),
    ),
    section("Options", [
      ["--help", "this text, or that of a command"],
      ["--version", "the version"],
    ]),
    list("Examples", [
      "diopter demo",
      'diopter lens world-causal "The maker of the Chromebook is" --out lens.html',
      "diopter inspect path/to/gpt2 --json",
    ]),
    footer,
  ].join("\n");
}

/** Help of commands that share their first word. */
export function groupHelp(group: string, commands: readonly Command[]): string {
  return [
    `Usage: diopter ${group} <command> [options]\n`,
    section(
      "Commands",
      commands.map(({ name, summary }) => [name, summary]),
    ),
    list(
      "Examples",
      commands.map(({ examples }) => examples[0]!),
    ),
    footer,
  ].join("\n");
}

/** Help of one command. */
export function commandHelp({ name, details, args, examples }: Command): string {
  const entries = Object.entries(args);
  const positionals = entries.filter(([, arg]) => arg.type === "positional");
  const options = entries.filter(([, arg]) => arg.type !== "positional");
  const usage = positionals.map(([key, arg]) => (arg.required === false ? `[${key}]` : `<${key}>`));
  const describe = ([key, arg]: [string, ArgDef]): [string, string] => [key, describedBy(arg)];
  return [
    `Usage: ${["diopter", name, ...usage, "[options]"].join(" ")}\n`,
    `${details}\n`,
    ...(positionals.length > 0 ? [section("Arguments", positionals.map(describe))] : []),
    section(
      "Options",
      options.map(([key, arg]) => [optionWord(key, arg), describedBy(arg)]),
    ),
    list("Examples", examples),
    footer,
  ].join("\n");
}

/** The description, after the words that an option takes where it does not name them all itself. */
function describedBy(arg: ArgDef): string {
  const { description = "" } = arg;
  const words = arg.type === "enum" ? (arg.options ?? []) : [];
  const named = words.every((word) => description.includes(word));
  return named ? description : `${words.join(", ")}: ${description}`;
}

function optionWord(key: string, { type, valueHint }: ArgDef): string {
  return type === "boolean" ? `--${key}` : `--${key} <${valueHint ?? key}>`;
}

function section(title: string, rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([word]) => word.length));
  return list(
    title,
    rows.flatMap(([word, text]) =>
      wrapped(text, WIDTH - width).map(
        (part, i) => `${(i === 0 ? word : "").padEnd(width)}  ${part}`,
      ),
    ),
  );
}

/** Lines of at most so many characters; a longer word has a line of its own. */
function wrapped(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trimStart();
    if (longer.length <= width || lines.at(-1) === "") lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function list(title: string, lines: readonly string[]): string {
  return `${title}:\n${lines.map((line) => `  ${line}\n`).join("")}`;
}
