import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { version } from "../src/version";

test("states carry the version of the package", () => {
  const url = new URL("../package.json", import.meta.url);
  expect(version).toBe(JSON.parse(readFileSync(url, "utf8")).version);
});
