import { expect, test } from "vitest";
import { Circuit } from "../../src/graph/circuit";
import { shape } from "./shapes";

const circuit = Circuit.ofEdges(shape(2, 1), ["input->m0@S2", "input->m0@4", "m0->logits"], {
  name: "toy",
  version: "1",
  source: "by hand",
  derivation: ["pruned"],
});

test("a circuit survives JSON (G4)", () => {
  const back = Circuit.fromJSON(JSON.parse(JSON.stringify(circuit)));
  expect(back.toJSON()).toEqual(circuit.toJSON());
  expect(back.elements).toEqual(circuit.elements);
  const nodes = circuit.toNodes();
  expect(Circuit.fromJSON(nodes.toJSON()).toJSON()).toEqual(nodes.toJSON());
});

test("the JSON says what it is (G4)", () => {
  expect(circuit.toJSON()).toEqual({
    kind: "diopter/circuit",
    schema: 1,
    name: "toy",
    version: "1",
    source: "by hand",
    component: "edge",
    shape: shape(2, 1),
    derivation: ["pruned"],
    elements: [{ name: "input->m0", at: [4, "S2"] }, "m0->logits"],
  });
});

test.each([
  [{ kind: "circuit" }, 'circuit JSON: kind: expected "diopter/circuit", got "circuit"'],
  [{ schema: 2 }, "circuit JSON: schema: expected 1, got 2"],
  [{ name: undefined }, "circuit JSON: name: missing"],
  [{ component: "path" }, 'circuit JSON: component: expected "edge" or "node", got "path"'],
  [{ shape: { ...shape(2, 1), nHeads: 0 } }, "shape.nHeads: expected a positive integer, got 0"],
  [{ shape: shape(2, 4, { nKeyValueHeads: 3 }) }, "shape.nKeyValueHeads: expected a divisor of 4"],
  [{ shape: { ...shape(2, 1), parallel: 1 } }, "shape.parallel: expected a boolean, got 1"],
  [{ shape: { ...shape(2, 1), inputs: "qkv" } }, 'shape.inputs: expected "split" or "joint"'],
  [{ derivation: "pruned" }, 'circuit JSON: derivation: expected a list, got "pruned"'],
  [{ elements: [3] }, "circuit JSON: elements[0]: expected an object, got 3"],
  [{ elements: [{ name: "m0->logits" }] }, "elements[0].at: missing"],
  [
    { elements: [{ name: "m0->logits", at: [null] }] },
    "elements[0].at[0]: expected an integer from 0, got null",
  ],
  [{ elements: ["m0->logit"] }, 'no destination "logit"; did you mean "logits"?'],
])("a wrong field is named: %j (G4, G8)", (change, message) => {
  expect(() => Circuit.fromJSON({ ...circuit.toJSON(), ...change })).toThrow(message);
});

test("something else than an object is no circuit (G4)", () => {
  expect(() => Circuit.fromJSON([])).toThrow(
    new TypeError("circuit JSON: expected an object, got []"),
  );
});
