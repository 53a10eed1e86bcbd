/** @file Ops, attributes, domains and values that are called like what every JavaScript object has. */

import {
  decode,
  encode,
  type Graph,
  inferShapes,
  legalize,
  type Node,
  prune,
} from "@diopter/graph";
import { ones } from "@diopter/tensor";
import { expect, test } from "vitest";

const names = ["toString", "constructor", "hasOwnProperty", "__proto__", "valueOf"];

function graphOf(op: string, domain: string, attribute: string, value: string): Graph {
  const node: Node = {
    op,
    domain,
    inputs: [value],
    outputs: ["y"],
    attrs: Object.fromEntries([[attribute, { type: "int", value: 1 }]]),
  };
  return {
    name: "g",
    inputs: [],
    outputs: [{ name: "y", dtype: "float32", shape: undefined }],
    nodes: [node],
    initializers: new Map([[value, ones([2], "float32")]]),
    values: new Map(),
    opsets: Object.fromEntries([
      ["", 18],
      [domain, 18],
    ]),
  };
}

test.each(names)(
  "an op, an attribute, a domain and a value named %s are kept as they are",
  (name) => {
    for (const [op, domain] of [
      [name, ""],
      ["Relu", name],
      [name, name],
    ] as const) {
      const read = decode(encode(graphOf(op, domain, name, name)));
      expect(read.nodes[0]).toMatchObject({ op, domain, inputs: [name] });
      expect(Object.keys(read.nodes[0]!.attrs)).toEqual([name]);
      expect(Object.keys(read.opsets)).toContain(domain);
      expect(inferShapes(read).values.get("y")?.shape).toBeUndefined();
      expect(prune(read).nodes).toHaveLength(1);
      expect(legalize(read, { tensorsPerOp: 7, avoid: ["Gelu.tanh"] }).nodes[0]?.op).toBe(op);
    }
  },
);
