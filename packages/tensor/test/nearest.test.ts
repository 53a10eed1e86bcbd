import { didYouMean, editDistance, nearest } from "@diopter/tensor";
import { expect, test } from "vitest";

test("the nearest candidate is the one that the fewest edits reach", () => {
  // hook_zz -> hook_z: one letter dropped; hook_q: one changed and one dropped.
  expect(nearest("hook_zz", ["hook_q", "hook_z", "hook_result"])).toBe("hook_z");
  expect(nearest("blocks.3.attn.hook_pattren", ["blocks.3.attn.hook_pattern"])).toBe(
    "blocks.3.attn.hook_pattern",
  );
});

test("swapped neighbours are one edit, so a short name still finds its origin", () => {
  expect(nearest("ab", ["xy", "ba"])).toBe("ba");
});

test("nothing is near when more than a third would have to change", () => {
  // "loss" -> "logits": 3 edits, a third of 6 is 2.
  expect(nearest("loss", ["logits"])).toBeUndefined();
  expect(nearest("loss", [])).toBeUndefined();
  // "lens" -> "loss" needs 2, a third of 4 is 1.
  expect(nearest("lens", ["loss"])).toBeUndefined();
});

test("one letter is not near another letter", () => {
  expect(nearest("w", ["x"])).toBeUndefined();
  expect(nearest("ww", ["w"])).toBe("w");
});

test("of equally near candidates the first wins", () => {
  expect(nearest("x1", ["x2", "x3"])).toBe("x2");
});

test("the suggestion is a clause to append to a message, or nothing", () => {
  expect(didYouMean("hook_zz", ["hook_z"])).toBe('; did you mean "hook_z"?');
  expect(didYouMean("hook_zz", ["logits"])).toBe("");
});

test("the distance counts letters inserted, dropped or changed, and two swapped neighbours once", () => {
  // kitten -> sitten -> sittin -> sitting
  expect(editDistance("kitten", "sitting")).toBe(3);
  expect(editDistance("pattren", "pattern")).toBe(1);
  // A swap and a further letter: two changed, one added.
  expect(editDistance("pattren", "patterns")).toBe(3);
  expect(editDistance("same", "same")).toBe(0);
  expect(editDistance("", "ab")).toBe(2);
});
