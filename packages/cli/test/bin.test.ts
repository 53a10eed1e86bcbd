import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");
const bin = join(import.meta.dirname, "../src/bin.ts");

function start({ stdout = "pipe" }: { stdout?: "pipe" | number }, ...argv: string[]) {
  // Says when Ctrl-C will be heard; before that it ends any Node process.
  const listening = `data:text/javascript,process.on("newListener", (event) => {
    if (event === "SIGTERM") process.stderr.write("listening\\n");
  });`;
  const source = ["--conditions=@diopter/source", "--import", "tsx", "--import", listening];
  const child = spawn(process.execPath, [...source, bin, ...argv], {
    cwd: root,
    stdio: ["ignore", stdout, "pipe"],
  });
  const output = { out: "", err: "" };
  child.stdout?.on("data", (data) => {
    output.out += data;
  });
  child.stderr!.on("data", (data) => {
    output.err += data;
  });
  return { child, output, exit: once(child, "close").then(([code]) => code as number) };
}

test("the program starts with a line for the shell", () => {
  expect(readFileSync(bin, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
});

test("the process prints, and ends with the exit code", async () => {
  const { output, exit } = start({}, "lense");
  expect(await exit).toBe(2);
  expect(output).toEqual({
    out: "",
    err: 'listening\ndiopter: no command "lense"; did you mean "lens"?\n',
  });
});

test("a reader that has seen enough is no error", async () => {
  const { child, output, exit } = start({}, "inspect", "world-causal", "--json");
  child.stdout!.destroy();
  expect(await exit).toBe(0);
  expect(output.err).toBe("listening\n");
});

test.skipIf(!existsSync("/dev/full"))("a full disk behind stdout is one line", async () => {
  const full = openSync("/dev/full", "w");
  const { output, exit } = start({ stdout: full }, "list");
  expect(await exit).toBe(1);
  expect(output.err).toMatch(/^listening\ncannot write to stdout: no space left on device.*\n$/);
  closeSync(full);
});

test.each(["SIGINT", "SIGTERM"] as const)("%s ends a long run with 130", async (signal) => {
  const { child, output, exit } = start(
    {},
    "run",
    "world-causal",
    "The",
    "--generate",
    "60",
    "--json",
  );
  child.stderr!.once("data", () => child.kill(signal));
  expect(await exit).toBe(130);
  expect(output).toEqual({ out: "", err: "listening\ninterrupted\n" });
});
