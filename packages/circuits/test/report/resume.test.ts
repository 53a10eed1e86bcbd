import { expect, test, vi } from "vitest";
import { memoryStore, type RunStore } from "../../src/run/store";
import { someReport } from "./planted-report";

/** A store that says how often it was asked, and breaks the job off after some runs. */
function watched(store: RunStore, { after = Number.POSITIVE_INFINITY } = {}) {
  const control = new AbortController();
  const seen = { hits: 0, writes: 0 };
  const watching: RunStore = {
    get: async (key) => {
      const found = await store.get(key);
      if (found !== undefined) seen.hits++;
      return found;
    },
    set: async (key, value) => {
      await store.set(key, value);
      if (++seen.writes === after) control.abort(new Error("killed"));
    },
  };
  return { resume: watching, signal: control.signal, seen };
}

const options = { preset: "quick", randomCircuits: 15, meanSetSizes: [2] } as const;

/** Everything but when it ran. */
async function contentOf(more: Partial<Parameters<typeof someReport>[0]> = {}): Promise<string> {
  const { run, ...content } = (await someReport({ ...options, ...more })).toJSON();
  expect(run.runId).toMatch(/^[0-9a-f]{16}-\d{4}/);
  return JSON.stringify(content);
}

test("a job that was killed goes on from its store and gives the same bytes", async () => {
  const store = memoryStore();
  const { seen, ...killed } = watched(store, { after: 16 });
  await expect(someReport({ ...options, ...killed })).rejects.toThrow("killed");
  expect(seen.writes).toBeGreaterThanOrEqual(16);
  const resumed = watched(store);
  const content = await contentOf({ resume: resumed.resume });
  expect(resumed.seen.hits).toBeGreaterThanOrEqual(16);
  expect(content).toBe(await contentOf());
  // A third time nothing is left to run.
  const idle = watched(store);
  expect(await contentOf({ resume: idle.resume })).toBe(content);
  expect(idle.seen.writes).toBe(0);
});

test("what is kept is kept by content: other metrics are other runs", async () => {
  const store = memoryStore();
  await someReport({ resume: store });
  const same = watched(store);
  await someReport({ resume: same.resume, resamples: 20, level: 0.9 });
  expect(same.seen.writes).toBe(0);
  const other = watched(store);
  await someReport({ resume: other.resume, metrics: ["kl"] });
  expect(other.seen.hits).toBe(0);
});

test("what came out of the store says nothing about the time that is left", async () => {
  const store = memoryStore();
  await someReport({ resume: store });
  // A clock that moves when it is looked at.
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => ++now);
  const steps: { done: number; remaining: number; at: number }[] = [];
  const onProgress = (step: { done: number; remaining: number }) =>
    steps.push({ ...step, at: now });
  await someReport({ resume: store, randomCircuits: 36, onProgress });
  clock.mockRestore();
  const [first] = steps;
  // 16 runs were kept; 12 of the 36 new ones are done, and the other 24 take twice as long at least.
  expect(first!.done).toBe(28);
  expect(first!.remaining).toBeGreaterThan(first!.at);
});

test("an abort before the start is thrown, and progress counts to the end with time left", async () => {
  await expect(someReport({ signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
  const steps: { done: number; total: number; remaining: number }[] = [];
  await someReport({ randomCircuits: 20, onProgress: (step) => steps.push(step) });
  const done = steps.map((step) => step.done);
  expect(done).toEqual([...done].sort((a, b) => a - b));
  // 8 cells, 8 controls (their tokens do not matter), no twin at named positions, 20 random circuits.
  expect(steps.at(-1)).toEqual({ done: 36, total: 36, remaining: 0 });
  expect(steps[0]!.remaining).toBeGreaterThan(0);
});
