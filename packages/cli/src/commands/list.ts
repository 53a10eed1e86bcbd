/** @file `diopter list`: the words that other commands take. */

import { knownCircuits } from "@diopter/circuits";
import { families } from "@diopter/model";
import { taskNames, worldTaskNames } from "../circuit/task-for";
import { command } from "../command";
import { choices, jsonOption } from "../options";
import { emit } from "../output";
import { type Cell, table } from "../table";
import { versions } from "../versions";
import { embeddedModels } from "../with-model";

const names = ["models", "families", "tasks", "circuits"] as const;
type ListName = (typeof names)[number];
type Row = Readonly<Record<string, Cell>>;

const lists: Readonly<Record<ListName, () => readonly Row[]>> = {
  models: () =>
    Object.entries(embeddedModels).map(([model, { summary }]) => ({
      model,
      "what it is": summary,
    })),
  families: () => families.map(({ name, accepts }) => ({ family: name, accepts })),
  tasks: () => {
    const [any, world] = [taskNames(), worldTaskNames()];
    return [...new Set([...any, ...world])].map((task) => ({
      task,
      models: any.includes(task) ? "any whose tokenizer has the words" : "those of the world",
    }));
  },
  circuits: () =>
    Object.entries(knownCircuits).map(([circuit, make]) => {
      const { size, component, source } = make();
      return { circuit, size, of: `${component}s`, source };
    }),
};

export const list = command({
  name: "list",
  summary: "the models, families, tasks and circuits that commands know by name",
  details:
    "Models come along; checkpoints of a family are opened from their folder; a task or a published circuit is named\n" +
    "where a command takes one.",
  args: {
    what: {
      type: "positional",
      required: false,
      description: `${names.join(", ")}; all of them by default`,
    },
    json: jsonOption,
  },
  examples: ["diopter list", "diopter list circuits", "diopter list --json"],
  async run(args, io) {
    const wanted = args.what === undefined ? names : choices("list: what", args.what, names)!;
    const found = wanted.map((name) => [name, lists[name]()] as const);
    await emit(io, args, {
      text: () => found.map(([name, rows]) => `${name}\n${tableOf(rows)}`).join("\n"),
      json: () => ({ schema: 1, kind: "list", versions: versions(), ...Object.fromEntries(found) }),
      files: {},
    });
    return 0;
  },
});

function tableOf(rows: readonly Row[]): string {
  const head = Object.keys(rows[0] ?? {});
  return table(
    head,
    rows.map((row) => head.map((column) => row[column])),
  );
}
