/** @file What is in the way of a file is said in the file's own words; what is not in the way is let through. */

import { type Builder, decode, encode, type Graph, type Value } from "@diopter/graph";
import { type Files, Model, recognize } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { float32ToFloat16 } from "@diopter/tensor";
import { describe, expect, test } from "vitest";
import { goldenPath, readBytes, readJson } from "../../../../test/golden";
import { exports, onnxPath } from "./golden-onnx";
import { type Forms, HEADS, numbers, transformer, WIDTH } from "./small-transformer";

const runtime = reference();
const DHEAD = WIDTH / HEADS;

/** A folder in memory: an ONNX file of the goldens, and what its `config.json` says. */
function folder(file: string, config: object): Files {
  const external = file.includes("external") ? "optimum-external.onnx_data" : undefined;
  const held = new Map<string, Uint8Array>([
    ["model.onnx", readBytes(onnxPath(file))],
    ["config.json", new TextEncoder().encode(JSON.stringify(config))],
    ...(external ? [[external, readBytes(onnxPath(`gpt2/${external}`))] as const] : []),
  ]);
  return {
    id: file,
    size: async (name) => held.get(name)?.length,
    read: async (name, start, end) => held.get(name)!.slice(start, end),
  };
}

type Json = Record<string, unknown>;
const configOf = (golden: string) => readJson<Json>(goldenPath(`${golden}/config.json`));

describe("config.json", () => {
  test("of the model that was exported agrees with the exports", async () => {
    const wrong: string[] = [];
    // Every second one: all families and most routes.
    const some = exports.filter(({ golden }, i) => golden.startsWith("hf/") && i % 2 === 0);
    for (const { file, golden } of some) {
      const loaded = Model.fromOnnx(folder(file, configOf(golden)), { runtime });
      await loaded.catch((error: Error) => wrong.push(`${file}: ${error.message}`));
    }
    expect(wrong).toEqual([]);
  });

  test.each<[string, string, Json, RegExp]>([
    [
      "llama/optimum-past.onnx",
      "hf/llama",
      { rms_norm_eps: 1e-5 },
      /has eps 0\.000001.* says 0\.00001;/,
    ],
    [
      "llama/optimum-past.onnx",
      "hf/llama",
      { rope_theta: 5e5 },
      /has rotary frequencies \[1,.* says \[1,/,
    ],
    [
      "llama/optimum-past.onnx",
      "hf/llama",
      { num_key_value_heads: 4 },
      /nKeyValueHeads 2.* says 4;/,
    ],
    [
      "llama/optimum-past.onnx",
      "hf/llama",
      { rope_scaling: { type: "linear", factor: 2 } },
      /rotary frequencies/,
    ],
    ["llama/optimum-past-fp16.onnx", "hf/llama", { rope_theta: 9000 }, /rotary frequencies/],
    [
      "gpt2/optimum-past.onnx",
      "hf/gpt2",
      { scale_attn_weights: false },
      /has attnScale .* says 1;/,
    ],
    [
      "gpt2/optimum-past.onnx",
      "hf/gpt2",
      { activation_function: "relu" },
      /actFn gelu_new.* says relu/,
    ],
    [
      "gpt_neox/optimum-past.onnx",
      "hf/gpt_neox",
      { use_parallel_residual: false },
      /parallelAttnMlp true/,
    ],
    ["gpt_neox/optimum-past.onnx", "hf/gpt_neox", { partial_rotary_factor: 0.5 }, /rotaryDim/],
    ["bert/optimum.onnx", "hf/bert", { type_vocab_size: 3 }, /has tokenTypes 2, .* says 3;/],
  ])("of %s (%s) with %j is refused", async (file, golden, change, message) => {
    const source = folder(file, { ...configOf(golden), ...change });
    await expect(Model.fromOnnx(source, { runtime })).rejects.toThrow(message);
  });

  test("that states a soft cap which the graph lacks is refused, with what to do", async () => {
    const { layer_types: _, ...config } = configOf("hf/gemma2");
    const graph = decode(readBytes(onnxPath("llama/optimum-past.onnx")));
    expect(graph.nodes.some(({ op }) => op === "Tanh")).toBe(false);
    // The same sizes under Gemma 2's name.
    const llama = configOf("hf/llama");
    const sizes = Object.fromEntries(
      Object.entries(llama).filter(([key]) =>
        /hidden|num_|head|vocab|intermediate|max_pos/.test(key),
      ),
    );
    const source = folder("llama/optimum-past.onnx", { ...config, ...sizes });
    await expect(Model.fromOnnx(source, { runtime })).rejects.toThrow(
      /config\.json says .*; the file is what runs: correct config\.json, or take it away/,
    );
  });
});

/** Rotation by tables of some precision, looked up by position. */
function rotated(kept: (x: number) => number, rows: number): Partial<Forms> {
  const frequencies = [1, 0.01, 1, 0.01];
  const table = (b: Builder, wave: (x: number) => number) =>
    b.slice(
      b.constant({
        dtype: "float32",
        shape: [rows, DHEAD],
        data: Float32Array.from({ length: rows * DHEAD }, (_, i) =>
          kept(wave(Math.fround(Math.floor(i / DHEAD) * frequencies[i % DHEAD]!))),
        ),
      }),
      { axis: 0, start: 0, end: "pos" },
    );
  return {
    turned: (b, x) => {
      const part = (start: number, end: number) => b.slice(x, { axis: 3, start, end });
      const swapped = b.concat([b.neg(part(2, 4)), part(0, 2)], 3);
      return b.add(b.mul(x, table(b, Math.cos)), b.mul(swapped, table(b, Math.sin)));
    },
  };
}

describe("rotation tables", () => {
  const half = (x: number) => decodeHalf(float32ToFloat16(x));
  const decodeHalf = (bits: number) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
    return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
  };
  const brain = (x: number) => {
    const bits = new Uint32Array(Float32Array.of(x).buffer);
    bits[0] = (bits[0]! + 0x8000) & 0xffff0000;
    return new Float32Array(bits.buffer)[0]!;
  };

  test.each<[string, (x: number) => number]>([
    ["single", Math.fround],
    ["half", half],
    ["brain", brain],
  ])("of %s precision are read as the rotation that they were rounded from", (_, kept) => {
    const { config, unexplained } = recognize(transformer(rotated(kept, 2048)));
    expect(unexplained).toEqual([]);
    // Positions up to 2048 tell the slower speed to a part in a million, however coarse the cosines.
    expect(config!.rotaryBase / 10000).toBeCloseTo(1, 3);
  });

  test("with one wrong row are refused by its number", () => {
    for (const kept of [Math.fround, half]) {
      let count = 0;
      const wrong = (x: number) => (++count === 5 * DHEAD + 1 ? 0.5 : kept(x));
      const { unexplained } = recognize(transformer(rotated(wrong, 64)));
      expect(unexplained.join()).toMatch(
        /row 5 of ".*" is no rotation by 5 times the angle of row 1/,
      );
    }
  });
});

/** The small transformer with other outputs. */
function ending(outputs: (b: Builder, logits: Value) => Record<string, Value>): Graph {
  return transformer({ outputs });
}

describe("other heads", () => {
  test.each<[string, Graph, RegExp]>([
    [
      "a question-answering export",
      ending((b, x) => {
        const [start, end] = b.split(b.slice(x, { axis: 2, start: 0, end: 2 }), [1, 1], 2);
        return { start_logits: b.squeeze(start!, [2]), end_logits: b.squeeze(end!, [2]) };
      }),
      /output "start_logits" and output "end_logits" come from two heads/,
    ],
    [
      "a classifier of texts",
      ending((b, x) => ({ logits: b.squeeze(b.slice(x, { axis: 1, start: 0, end: 1 }), [1]) })),
      /output "logits" is \[batch, 11\]: one row for a whole text, by a head that classifies/,
    ],
    [
      "logits of the last position",
      ending((b, x) => ({ logits: b.slice(x, { axis: 1, start: 0, end: 1 }) })),
      /output "logits" is \[batch, 1, 11\]: logits of one position/,
    ],
    [
      "a pooler beside the logits",
      ending((b, x) => ({
        logits: x,
        pooler_output: b.tanh(b.matmul(x, b.constant(numbers(11, 3)))),
      })),
      /output "logits" and output "pooler_output" come from two heads/,
    ],
  ])("%s is refused by what it ends in", async (_, graph, reason) => {
    expect(recognize(graph).unexplained.join()).toMatch(reason);
    await expect(Model.fromOnnx(encode(graph), { runtime })).rejects.toThrow(
      /; decoders and encoders with/,
    );
  });

  test("values on the way to the logits may be outputs too", () => {
    const graph = transformer({
      outputs: (b, x) => ({ logits: x, again: b.identity(x), twice: b.mul(x, 2) }),
    });
    expect(recognize(graph).unexplained).toEqual([]);
  });
});

describe("ways to write a transformer that are let through", () => {
  test("an embedding that is kept as the vocabulary matrix, transposed", () => {
    const { config, weights, unexplained } = recognize(transformer({ tied: "columns" }));
    expect(unexplained).toEqual([]);
    expect(config!.tiedEmbeddings).toBe(true);
    const plain = recognize(transformer({ tied: true })).weights!;
    expect(weights!.get("embed.W_E")).toEqual(plain.get("embed.W_E"));
  });

  test("a mask that is written over all of another", () => {
    const grid = (b: Builder, x: Value) => {
      const [rows, columns] = [b.range(0, "pos"), b.range(0, "pos")];
      const each = [b.unsqueeze(rows, [1, 2]), b.unsqueeze(columns, [0, 2])];
      const index = b.concat(
        each.map((one) => b.expand(one, ["pos", "pos", 1])),
        2,
      );
      return b.scatterND(b.mul(x, 0), index, x);
    };
    expect(recognize(transformer({ mask: grid })).unexplained).toEqual([]);
  });

  test("an unused weight of a type that is not read", () => {
    const graph = transformer();
    const initializers = new Map(graph.initializers);
    initializers.set("unused", { dtype: "float8e4m3fn", shape: [3], raw: Uint8Array.of(1, 2, 3) });
    const file = encode({ ...graph, initializers });
    expect(recognize(decode(file)).unexplained).toEqual([]);
  });
});

test("an operation that is known not to be read says why", () => {
  const graph = transformer({
    activation: (b, x) => {
      const [scale, zero] = [
        b.constant(numbers(1)),
        b.constant({ dtype: "uint8", shape: [], data: Uint8Array.of(0) }),
      ];
      const codes = b.node("QuantizeLinear", [x, scale, zero])[0]!;
      return b.assume(b.node("DequantizeLinear", [codes, scale, zero])[0]!, ["batch", "pos", 12]);
    },
  });
  expect(recognize(graph).unexplained.join()).toMatch(
    /QuantizeLinear "quantizelinear_0": QuantizeLinear rounds with scales that the file fixes/,
  );
});
