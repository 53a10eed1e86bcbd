import { expect, test, vi } from "vitest";
import { Job, type Progress } from "../../src/run/job";

test("a job says how far it is, and by its own parts how long the rest takes", () => {
  const clock = vi.spyOn(performance, "now").mockReturnValue(1000);
  const seen: Progress[] = [];
  const job = new Job({ onProgress: (progress) => seen.push(progress) });
  job.expect(10);
  job.restore(4);
  clock.mockReturnValue(1300);
  job.step();
  job.step();
  job.reach(7.5);
  clock.mockRestore();
  expect(seen).toEqual([
    { done: 5, total: 10, remaining: 1500 }, // 300 ms for 1 of its own, 5 left
    { done: 6, total: 10, remaining: 600 }, // 300 / 2 x 4
    { done: 7.5, total: 10, remaining: (300 / 3.5) * 2.5 },
  ]);
});

test("before anything is done nothing is known of the rest, and more than expected is the total", () => {
  const seen: Progress[] = [];
  const job = new Job({ onProgress: (progress) => seen.push(progress) });
  job.expect(1);
  job.reach(0);
  job.reach(1.5);
  expect(seen[0]).toEqual({ done: 0, total: 1, remaining: Number.NaN });
  expect(seen[1]).toMatchObject({ done: 1.5, total: 2 });
});

test("a job stops for the reason that its signal gives", () => {
  const job = new Job({ signal: AbortSignal.abort(new Error("enough")) });
  expect(() => job.proceed()).toThrow("enough");
  expect(() => new Job().proceed()).not.toThrow();
});
