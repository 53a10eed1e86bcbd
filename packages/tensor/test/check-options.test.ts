/** @file The check of options: what is unknown, missing, or no object of options at all. */

import { checkOptions, given, type OptionKeys } from "@diopter/tensor";
import fc from "fast-check";
import { expect, test } from "vitest";

interface Options {
  readonly of: number;
  readonly topK?: number;
  readonly layers?: readonly number[];
}

const keys: OptionKeys<Options> = { of: "required", topK: "optional", layers: "optional" };
const check = (options: unknown) => () => checkOptions("verb", options as Options, keys);

test("known keys pass, undefined ones too", () => {
  expect(check({ of: 1 })).not.toThrow();
  expect(check({ of: 0, topK: undefined, layers: [] })).not.toThrow();
  expect(check(Object.assign(Object.create(null), { of: 1 }))).not.toThrow();
  expect(check(Object.create({ of: 1 }))).not.toThrow();
});

test("an unknown key is refused with the nearest one, or with all there are", () => {
  expect(check({ of: 1, topk: 3 })).toThrow(
    new TypeError('verb: no option "topk"; did you mean "topK"?'),
  );
  expect(check({ of: 1, topk: undefined })).toThrow('no option "topk"');
  expect(check({ of: 1, names: 3 })).toThrow('no option "names"; there are of, topK, layers');
  expect(check(Object.create({ of: 1, layer: 3 }))).toThrow('no option "layer"; did you');
  expect(check({ of: 1, toString: 3 })).toThrow('no option "toString"');
});

test("what is required and absent is named", () => {
  expect(check({})).toThrow(new TypeError('verb: option "of" is missing'));
  expect(check({ of: undefined })).toThrow('verb: option "of" is missing');
});

test("what is no object of options is named, with what to do", () => {
  expect(check(undefined)).toThrow("verb: expected an object with of, got undefined");
  expect(check(null)).toThrow("got null");
  expect(check(() => 1)).toThrow("got the function without a name; call it");
  expect(check(check)).toThrow("got the function check; call it: check()");
  expect(check(Promise.resolve())).toThrow("got a Promise; put await before it");
  for (const [value, name] of [
    [new Map(), "a Map"],
    [new Float32Array(1), "a Float32Array"],
    [[1], "the list [1]"],
    [new Date(), "a Date"],
  ] as const) {
    expect(() => checkOptions("verb", value as object, {})).toThrow(
      `verb: expected options, got ${name}`,
    );
  }
  // Its keys are inherited: a signal where options belong.
  expect(check(new AbortController().signal)).toThrow('no option "aborted"');
});

test("no options are fine where none is required", () => {
  expect(() => checkOptions("verb", undefined, {})).not.toThrow();
  expect(() => checkOptions("verb", null, {})).toThrow("verb: expected options, got null");
});

test("any other key is refused by name, in a line", () => {
  fc.assert(
    fc.property(fc.string(), (key) => {
      fc.pre(!Object.hasOwn(keys, key) && key !== "__proto__");
      let message = "";
      try {
        check({ of: 1, [key]: 1 })();
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).toContain("verb: no option ");
      expect(message.length).toBeLessThan(200);
    }),
  );
});

test("a noun says what it is that has the keys", () => {
  expect(() => checkOptions("edit", { head: 1 } as object, {}, "field")).toThrow(
    'edit: no field "head"; there are none',
  );
});

test("an object is told by its keys", () => {
  expect(given({ a: 1, b: 2 })).toBe("an object with a, b");
  expect(given({})).toBe("an empty object");
});
