import { expect, test } from "vitest";
import { bytes, shown, table } from "../src/table";

test("columns are as wide as their longest cell; numbers stand to the right", () => {
  const rows = [
    ["a", 1, 0.5],
    ["long", 200, undefined],
  ];
  expect(table(["name", "n", "share"], rows)).toBe(
    "name    n  share\n" + //
      "a       1    0.5\n" +
      "long  200\n",
  );
});

test("a column with one text is text", () => {
  const rows = [["1"], [22]];
  expect(table(["x"], rows)).toBe("x\n1\n22\n");
});

const column = (values: number[]) =>
  table(
    ["x"],
    values.map((x) => [x]),
  )
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.trim());

test.each([
  [
    [0, 123456789, -3, Number.NaN],
    ["0", "123456789", "-3", "NaN"],
  ],
  [
    [1.23456, -0.5],
    ["1.235", "-0.500"],
  ],
  [
    [1.02, 1.97e-7, -1.97e-7],
    ["1.0200", "<0.0001", ">-0.0001"],
  ],
  [
    [0.00001, 0],
    ["1.000e-5", "0.000e+0"],
  ],
])("the numbers of a column have four digits and one form: %j", (values, texts) => {
  expect(column(values)).toEqual(texts);
});

test("a token shows its outer spaces and what cannot be seen", () => {
  expect(shown("  a b ")).toBe("··a b·");
  expect(shown("\n\t")).toBe("\\n\\t");
  // A direction override would turn the rest of the line around.
  expect(shown("a\u202eb\u001b[31m")).toBe("a\\u{202e}b\\u{1b}[31m");
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1500, "1.5 kB"],
  [480_000_000, "480 MB"],
  [3.2e9, "3.2 GB"],
])("%d bytes are %s", (count, text) => {
  expect(bytes(count)).toBe(text);
});
