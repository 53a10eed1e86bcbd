import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { version } from "../../src/run/state";

test("results carry the version of the package", () => {
  const url = new URL("../../package.json", import.meta.url);
  expect(version).toBe(JSON.parse(readFileSync(url, "utf8")).version);
});
