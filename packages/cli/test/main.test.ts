import { promptMetrics } from "@diopter/circuits";
import { expect, test } from "vitest";
import { valueNames } from "../src/circuit/cells";
import { worldTaskNames } from "../src/circuit/task-for";
import { commands as known } from "../src/commands";
import { diopter } from "./capture";

const commands = [
  "demo",
  "lens",
  "run",
  "attention",
  "ablate",
  "patch",
  "circuit discover",
  "circuit evaluate",
  "circuit report",
  "circuit draw",
  "reproduce",
  "list",
  "inspect",
  "doctor",
];

test("without a command the help goes to stderr, as a mistake", async () => {
  const { code, out, err } = await diopter([]);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toBe((await diopter(["--help"])).out);
});

test("the help lists every command and the exit codes", async () => {
  const { code, out, err } = await diopter(["--help"]);
  expect([code, err]).toEqual([0, ""]);
  await expect(out).toMatchFileSnapshot("help/diopter.txt");
});

test.each(commands)("%s --help shows arguments, options and examples", async (name) => {
  const { code, out, err } = await diopter([...name.split(" "), "--help"]);
  expect([code, err]).toEqual([0, ""]);
  await expect(out).toMatchFileSnapshot(`help/${name.replace(" ", "-")}.txt`);
});

/** Words of options that take a list, which the parser does not know. */
const listed: Record<string, readonly string[]> = {
  "circuit evaluate --metrics": [...promptMetrics.keys()],
  "circuit report --metrics": [...promptMetrics.keys()],
  "circuit evaluate --value": valueNames,
  "circuit evaluate --component": ["edge", "node"],
  "circuit evaluate --tokens": ["specific", "all"],
  "ablate --what": ["heads", "mlps"],
  "patch --over": ["layer", "head", "pos"],
  ...Object.fromEntries(
    ["discover", "evaluate", "report"].map((name) => [`circuit ${name} --task`, worldTaskNames()]),
  ),
};

test("help names every word that an option takes", async () => {
  for (const command of known) {
    const { out } = await diopter([...command.name.split(" "), "--help"]);
    const text = out.replace(/\s+/g, " ");
    for (const [option, arg] of Object.entries(command.args)) {
      const words =
        listed[`${command.name} --${option}`] ?? (arg.type === "enum" ? arg.options! : []);
      // From the option's name to that of the next.
      const start = text.indexOf(` --${option} <`);
      const entry = text.slice(start, text.indexOf(" --", start + 3));
      expect(
        words.filter((word) => !entry.includes(word)),
        `${command.name} --${option}`,
      ).toEqual([]);
    }
  }
  const options = known.flatMap(({ name, args }) =>
    Object.keys(args).map((key) => `${name} --${key}`),
  );
  expect(options).toEqual(expect.arrayContaining(Object.keys(listed)));
});

test("the first of two words lists its commands", async () => {
  const { code, out } = await diopter(["circuit", "--help"]);
  expect(code).toBe(0);
  await expect(out).toMatchFileSnapshot("help/circuit.txt");
  expect((await diopter(["help", "circuit"])).out).toBe(out);
  expect(await diopter(["circuit"])).toEqual({ code: 2, out: "", err: out });
  const { out: second } = await diopter(["circuit", "discover", "--help"]);
  expect((await diopter(["help", "circuit", "discover"])).out).toBe(second);
});

test("help of a command can be asked for in three ways", async () => {
  const { out } = await diopter(["lens", "--help"]);
  expect((await diopter(["help", "lens"])).out).toBe(out);
  expect((await diopter(["lens", "world-causal", "-h"])).out).toBe(out);
});

test("the version is that of the package", async () => {
  const { default: manifest } = await import("../package.json");
  expect(await diopter(["--version"])).toEqual({ code: 0, out: `${manifest.version}\n`, err: "" });
});

test.each([
  ["lense", 'diopter: no command "lense"; did you mean "lens"?\n'],
  [
    "--halp",
    'diopter: no option "--halp"; commands: demo, lens, run, attention, ablate, patch, circuit, reproduce, list, inspect, doctor, help\n',
  ],
  [
    "frobnicate",
    'diopter: no command "frobnicate"; commands: demo, lens, run, attention, ablate, patch, circuit, reproduce, list, inspect, doctor, help\n',
  ],
])("%s is refused with what there is", async (name, err) => {
  expect(await diopter([name])).toEqual({ code: 2, out: "", err });
});

test.each([
  [["lens", "m", "p", "--colour", "kl"], 'lens: no option "--colour"; did you mean "--color"?'],
  [["lens", "m", "p", "-j"], 'lens: no option "-j"'],
  [["lens", "m", "p", "--no-json"], 'lens: no option "--no-json"; did you mean "--json"?'],
  [["lens", "m", "p", "--json=yes"], 'lens: --json takes no value, got "yes"'],
  [["lens", "m", "p", "--out"], "lens: --out needs a value"],
  [["lens", "m", "p", "--out", "--json"], "lens: --out needs a value"],
  [["lens", "m", "p", "--out="], "lens: --out needs a value"],
  [
    ["lens", "m", "p", "--runtime", "nod"],
    'lens: --runtime is "nod", expected node or reference; did you mean "node"?',
  ],
  [["lens"], "lens: no model given; see diopter lens --help"],
  [["lens", "m"], "lens: no prompt given; see diopter lens --help"],
  [["lens", "m", " "], "lens: the prompt is empty"],
  [["lens", "m", "a", "b"], "lens: expected 2 arguments, got 3; quote a prompt of several words"],
  [["inspect", "a", "b"], "inspect: expected 1 argument, got 2"],
  [["circuit", "find"], 'circuit: no command "find"; commands: discover, evaluate, report, draw'],
  [["circuit", "evaluat"], 'circuit: no command "evaluat"; did you mean "evaluate"?'],
  [
    ["circuit", "discover"],
    "circuit discover: no model given; see diopter circuit discover --help",
  ],
  [["doctor", "now"], "doctor: expected 0 arguments, got 1"],
])("%j makes no sense", async (argv, message) => {
  expect(await diopter(argv)).toEqual({ code: 2, out: "", err: `${message}\n` });
});

test("what follows two dashes is text", async () => {
  const { code, err } = await diopter(["run", "nowhere", "--", "--help"]);
  expect([code, err]).toEqual([1, 'model: no folder "nowhere"\n']);
});

test("an error is one line, with its stack when DIOPTER_DEBUG is set", async () => {
  expect(await diopter(["inspect", "nowhere"])).toEqual({
    code: 1,
    out: "",
    err: 'model: no folder "nowhere"\n',
  });
  const { err } = await diopter(["inspect", "nowhere"], { env: { DIOPTER_DEBUG: "1" } });
  expect(err).toMatch(/^model: no folder "nowhere"\nMissingFileError: .*\n +at /);
});

test("who interrupts gets exit code 130", async () => {
  const signal = AbortSignal.abort();
  expect(await diopter(["inspect", "world-causal"], { signal })).toEqual({
    code: 130,
    out: "",
    err: "interrupted\n",
  });
});
