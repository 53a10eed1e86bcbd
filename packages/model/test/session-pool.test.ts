import type { TensorLike } from "@diopter/tensor";
import { expect, test } from "vitest";
import type { Backend } from "../src/runtime/session/backend";
import { SessionPool, type Slot } from "../src/runtime/session/session-pool";

/** A backend that keeps a diary instead of computing; `run` waits for `gate`. */
function diary(gate: Promise<void> = Promise.resolve()): Backend & { readonly lines: string[] } {
  const lines: string[] = [];
  let count = 0;
  return {
    lines,
    async open(model, constants) {
      lines.push(`open ${model[0]} as ${++count}${constants ? " with its weights" : ""}`);
      return count;
    },
    async run(session) {
      lines.push(`run ${session}`);
      await gate;
      return {};
    },
    async close(session) {
      lines.push(`close ${session}`);
    },
    async dispose() {
      lines.push("dispose");
    },
  };
}

const slot = (id: number): Slot => ({
  model: () => Uint8Array.of(id),
  weights: { map: new Map<string, TensorLike>(), inputs: [] },
});
const none: ReadonlyMap<string, TensorLike> = new Map();

test("the least recently used session is closed for a new one, and opened again when it runs", async () => {
  const backend = diary();
  const pool = new SessionPool("node", backend, 2);
  const [a, b, c] = [slot(10), slot(20), slot(30)];
  await pool.add(a);
  await pool.add(b);
  await pool.run(a, none);
  await pool.add(c);
  await pool.run(b, none);
  expect(backend.lines).toEqual([
    "open 10 as 1",
    "open 20 as 2",
    "run 1",
    // b was used before a.
    "close 2",
    "open 30 as 3",
    "close 1",
    "open 20 as 4",
    "run 4",
  ]);
});

test("an aborted run rejects before its backend is done, which then closes the session", async () => {
  let open = () => {};
  const backend = diary(new Promise((resolve) => (open = resolve)));
  const pool = new SessionPool("node", backend, 2);
  const a = await pool.add(slot(10));
  const controller = new AbortController();
  const run = pool.run(a, none, controller.signal);
  await Promise.resolve();
  controller.abort(new Error("enough"));
  await expect(run).rejects.toThrow("enough");
  expect(backend.lines).toEqual(["open 10 as 1", "run 1"]);
  open();
  await pool.run(a, none);
  expect(backend.lines.slice(2)).toEqual(["close 1", "open 10 as 2", "run 2"]);
});

test("a session is closed after its run, not during it", async () => {
  const backend = diary();
  const pool = new SessionPool("node", backend, 1);
  const [a, b] = [await pool.add(slot(10)), slot(20)];
  await Promise.all([pool.run(a, none), pool.add(b), pool.remove(b)]);
  expect(backend.lines).toEqual(["open 10 as 1", "run 1", "close 1", "open 20 as 2", "close 2"]);
});

test("disposing closes what is open and refuses what still waits", async () => {
  const backend = diary();
  const pool = new SessionPool("node", backend, 4);
  const a = await pool.add(slot(10));
  await pool.add(slot(20));
  const waiting = pool.run(a, none);
  const disposed = pool.dispose();
  await expect(waiting).rejects.toThrow("node: this runtime has been disposed");
  await disposed;
  expect(backend.lines.slice(2)).toEqual(["close 1", "close 2", "dispose"]);
});

test("a failed run leaves the session open and the queue moving", async () => {
  const backend = diary(Promise.reject(new Error("no")));
  const pool = new SessionPool("node", backend, 4);
  const a = await pool.add(slot(10));
  await expect(pool.run(a, none)).rejects.toThrow("no");
  await expect(pool.run(a, none)).rejects.toThrow("no");
  expect(backend.lines).toEqual(["open 10 as 1", "run 1", "run 1"]);
});

test("a slot that runs over and over is opened with its weights inside, until another one runs", async () => {
  const backend = diary();
  const pool = new SessionPool("wasm", backend, 4);
  const use = slot(0).weights;
  const steady = { model: () => Uint8Array.of(11), weights: use, constants: use };
  const [a, b] = [await pool.add({ ...slot(10), steady }), await pool.add(slot(20))];
  for (const each of [a, a, a, a, b, a]) await pool.run(each, none);
  expect(backend.lines).toEqual([
    "open 10 as 1",
    "open 20 as 2",
    "run 1",
    "run 1",
    "close 1",
    "open 11 as 3 with its weights",
    "run 3",
    "run 3",
    // Weights fed to b would be in memory a second time.
    "close 3",
    "run 2",
    "open 10 as 4",
    "run 4",
  ]);
});
