/** @file A transformer is recognized however its parts are written, with the same configuration and weights. */

import type { Builder, Graph, Value } from "@diopter/graph";
import { recognize } from "@diopter/model";
import type { TensorLike } from "@diopter/tensor";
import { describe, expect, test } from "vitest";
import { type Forms, HEADS, numbers, transformer, WIDTH } from "./small-transformer";

const DHEAD = WIDTH / HEADS;

function found(graph: Graph) {
  const { config, weights, unexplained } = recognize(graph);
  expect(unexplained).toEqual([]);
  return { config: config!, weights: weights! };
}

/** Both ways give the same configuration and the same numbers, bit by bit. */
function expectSame(forms: Partial<Forms>, as: Partial<Forms> = {}): void {
  const [own, other] = [found(transformer(forms)), found(transformer(as))];
  expect(own.config).toEqual(other.config);
  expect([...own.weights.keys()]).toEqual([...other.weights.keys()]);
  for (const [name, { shape, data }] of other.weights) {
    expect(own.weights.get(name)!.shape, name).toEqual(shape);
    expect(own.weights.get(name)!.data, name).toEqual(data);
  }
}

function expectRefused(forms: Partial<Forms>, reason: RegExp): void {
  const { config, unexplained } = recognize(transformer(forms));
  expect(config).toBeUndefined();
  expect(unexplained.join()).toMatch(reason);
}

const mean = (b: Builder, x: Value) => b.mean(x, -1, true);
const root = (b: Builder, x: Value) => b.sqrt(b.add(mean(b, b.mul(x, x)), 1e-5));
const vector = (b: Builder, tensor: TensorLike) => b.constant(tensor);
const scaled = ({ shape, data }: TensorLike, by: number): TensorLike => ({
  dtype: "float32",
  shape,
  data: (data as Float32Array).map((x) => x * by),
});
const flipped = ({ shape, data }: TensorLike): TensorLike => {
  const [rows, columns] = shape as [number, number];
  const turned = Float32Array.from(data as Float32Array, (_, i) =>
    Number(data[(i % rows) * columns + Math.floor(i / rows)]),
  );
  return { dtype: "float32", shape: [columns, rows], data: turned };
};

test("the plain one is a small gpt2", () => {
  expect(found(transformer()).config).toMatchObject({
    nLayers: 1,
    nHeads: HEADS,
    dHead: DHEAD,
    actFn: "gelu",
    normalizationType: "LN",
    attentionDir: "causal",
    attnScale: 2,
    positionalEmbeddingType: "standard",
    tiedEmbeddings: false,
  });
});

describe("layer norm", () => {
  test("in nine ops, the bias first", () => {
    expectSame({
      norm: (b, x, gain, bias) => {
        const centered = b.sub(x, mean(b, x));
        const deviation = b.sqrt(b.add(mean(b, b.pow(centered, 2)), 1e-5));
        return b.add(bias, b.mul(b.div(centered, deviation), gain));
      },
    });
  });

  test("that writes the difference twice, without gain and bias", () => {
    const { config, weights } = found(
      transformer({
        norm: (b, x) => {
          const square = b.pow(b.sub(x, mean(b, x)), 2);
          return b.div(b.sub(x, mean(b, x)), b.sqrt(b.add(mean(b, square), 1e-5)));
        },
      }),
    );
    expect(config.normalizationType).toBe("LNPre");
    expect(weights.has("ln_final.w")).toBe(false);
  });
});

describe("root-mean-square norm", () => {
  const plain: Forms["norm"] = (b, x, gain) => b.mul(b.div(x, root(b, x)), gain);

  test.each<[string, Forms["norm"]]>([
    ["multiplies by 1 / root", (b, x, gain) => b.mul(b.mul(x, b.div(1, root(b, x))), gain)],
    [
      "multiplies by the reciprocal, the gain first",
      (b, x, gain) => b.mul(gain, b.mul(b.reciprocal(root(b, x)), x)),
    ],
    [
      "takes a power",
      (b, x, gain) => b.mul(b.div(x, b.sqrt(b.add(mean(b, b.pow(x, 2)), 1e-5))), gain),
    ],
  ])("that %s", (_, norm) => {
    expect(found(transformer({ norm })).config.normalizationType).toBe("RMS");
    expectSame({ norm }, { norm: plain });
  });

  test("with a gain of 1 + w has the sum as its weight", () => {
    const w = numbers(WIDTH);
    const norm: Forms["norm"] = (b, x) => b.mul(b.div(x, root(b, x)), b.add(vector(b, w), 1));
    const sum = (w.data as Float32Array).map((n) => n + 1);
    expect(found(transformer({ norm })).weights.get("ln_final.w")!.data).toEqual(sum);
  });

  test("over another axis is none", () => {
    expectRefused(
      {
        norm: (b, x, gain) =>
          b.mul(b.div(x, b.sqrt(b.add(b.mean(b.mul(x, x), 1, true), 1e-5))), gain),
      },
      /a weight of unknown size/,
    );
  });

  test("of fourth powers is none", () => {
    expectRefused(
      { norm: (b, x, g) => b.mul(b.div(x, b.sqrt(b.add(mean(b, b.pow(x, 4)), 1e-5))), g) },
      /no block/,
    );
  });
});

describe("activation", () => {
  const ROOT = Math.sqrt(2 / Math.PI);
  const half = (b: Builder, x: Value, f: Value) => b.mul(b.mul(x, 0.5), b.add(f, 1));

  test.each<[string, string, Forms["activation"]]>([
    [
      "x / √2, then half",
      "gelu",
      (b, x) => b.mul(b.mul(x, b.add(b.erf(b.div(x, Math.SQRT2)), 1)), 0.5),
    ],
    ["half x first", "gelu", (b, x) => half(b, x, b.erf(b.mul(x, Math.SQRT1_2)))],
    [
      "a power of 3",
      "gelu_new",
      (b, x) => half(b, x, b.tanh(b.mul(b.add(x, b.mul(b.pow(x, 3), 0.044715)), ROOT))),
    ],
    [
      "x x x, as dynamo writes it",
      "gelu_new",
      (b, x) => {
        const cube = b.mul(b.mul(b.mul(x, x), x), 0.044715);
        return b.mul(b.mul(x, b.add(b.tanh(b.mul(b.add(cube, x), ROOT)), 1)), 0.5);
      },
    ],
    [
      "x (1 + 0.044715 x x)",
      "gelu_new",
      (b, x) => {
        const square = b.add(b.mul(b.mul(x, 0.044715), x), 1);
        return half(b, x, b.tanh(b.mul(b.mul(x, ROOT), square)));
      },
    ],
    ["x and its sigmoid", "silu", (b, x) => b.mul(x, b.sigmoid(x))],
    ["its sigmoid and x", "silu", (b, x) => b.mul(b.sigmoid(x), x)],
    ["the sigmoid of 1.702 x", "quick_gelu", (b, x) => b.mul(b.sigmoid(b.mul(x, 1.702)), x)],
  ])("%s is %s", (_, actFn, activation) => {
    expect(found(transformer({ activation })).config.actFn).toBe(actFn);
  });

  test("with another factor is no gelu", () => {
    expectRefused({ activation: (b, x) => half(b, x, b.erf(b.mul(x, 0.6))) }, /no block/);
  });
});

describe("linear map", () => {
  const flat = (b: Builder, x: Value, make: (x: Value, width: number) => Value): Value => {
    const width = x.shape.at(-1) as number;
    const y = make(b.reshape(x, [-1, width]), width);
    return b.reshape(y, ["batch", "pos", y.shape.at(-1) as number]);
  };

  test.each<[string, Forms["linear"]]>([
    [
      "a Gemm in two dimensions, its matrix [out, in]",
      (b, x, W, bias) =>
        flat(b, x, (y) => b.gemm(y, vector(b, flipped(W)), vector(b, bias), { transB: true })),
    ],
    [
      "a Gemm with factors",
      (b, x, W, bias) =>
        flat(b, x, (y) =>
          b.gemm(y, vector(b, scaled(W, 2)), vector(b, scaled(bias, 1 / 4)), {
            alpha: 0.5,
            beta: 4,
          }),
        ),
    ],
    [
      "a product with a matrix that the graph transposes",
      (b, x, W, bias) =>
        b.add(b.matmul(x, b.transpose(vector(b, flipped(W)), [1, 0])), vector(b, bias)),
    ],
    ["the bias first", (b, x, W, bias) => b.add(vector(b, bias), b.matmul(x, vector(b, W)))],
    [
      "a bias that zeros widen",
      (b, x, W, bias) => {
        const zeros = b.constant({ ...numbers(1, 1), data: new Float32Array(1) });
        return b.add(b.matmul(x, vector(b, W)), b.add(vector(b, bias), zeros));
      },
    ],
    [
      "a sum with zeros, a product with one, and a copy",
      (b, x, W, bias) => {
        const y = b.add(b.matmul(b.cast(b.identity(x), "float32"), vector(b, W)), vector(b, bias));
        return b.mul(b.add(y, 0), 1);
      },
    ],
    [
      "idle reshapes around it",
      (b, x, W, bias) => {
        const y = b.add(b.matmul(x, vector(b, W)), vector(b, bias));
        const width = y.shape.at(-1) as number;
        const wide = b.reshape(b.reshape(y, ["batch", "pos", 2, width / 2]), [
          "batch",
          "pos",
          width,
        ]);
        return b.reshape(wide, ["batch", "pos", width]);
      },
    ],
  ])("as %s", (_, linear) => {
    expectSame({ linear });
  });

  test("flat, with the activation in two dimensions", () => {
    expectSame({ activation: (b, x) => flat(b, x, (y) => b.gelu(y)) });
  });

  test("by a matrix that is looked up too, transposed in the graph", () => {
    expect(found(transformer({ tied: true })).config.tiedEmbeddings).toBe(true);
  });
});

describe("attention", () => {
  const turned = (b: Builder, k: Value) => b.transpose(k, [0, 1, 3, 2]);

  test.each<[string, Forms["scores"]]>([
    ["a quotient", (b, q, k) => b.div(b.matmul(q, turned(b, k)), 2)],
    [
      "a scale that is computed from a size, on both sides",
      (b, q, k) => {
        const scale = b.sqrt(b.sqrt(b.cast(b.shapeOf(q, 3), "float32")));
        return b.matmul(b.div(q, scale), b.div(turned(b, k), scale));
      },
    ],
    [
      "batch and heads joined",
      (b, q, k) => {
        const joined = (x: Value) => b.reshape(x, [-1, "pos", DHEAD]);
        const product = b.matmul(joined(q), b.transpose(joined(k), [0, 2, 1]));
        return b.reshape(b.mul(product, 0.5), ["batch", HEADS, "pos", "pos"]);
      },
    ],
    [
      "transposes that cancel, and others in a row",
      (b, q, k) => {
        const back = b.transpose(b.transpose(q, [0, 1, 3, 2]), [0, 1, 3, 2]);
        const other = b.transpose(b.transpose(k, [0, 2, 1, 3]), [0, 2, 3, 1]);
        return b.mul(b.matmul(back, other), 0.5);
      },
    ],
  ])("whose scores have %s", (_, scores) => {
    expectSame({ scores });
  });

  test("whose pattern is guarded against rows that see nothing", () => {
    expectSame({
      pattern: (b, masked) => {
        const p = b.softmax(masked);
        return b.where(b.isNaN(p), 0, p);
      },
    });
  });

  test("whose heads are split by a size that is counted", () => {
    expectSame({
      split: (b, x) => b.transpose(b.reshape(x, ["batch", "pos", -1, DHEAD]), [0, 2, 1, 3]),
    });
  });

  test.each<[string, Forms["repeated"]]>([
    [
      "an Expand to computed sizes",
      (b, x) => {
        const wide = b.expand(b.unsqueeze(x, [2]), ["batch", 1, HEADS, "pos", DHEAD]);
        return b.reshape(wide, ["batch", HEADS, "pos", DHEAD]);
      },
    ],
    [
      "an Expand to constants",
      (b, x) => {
        const wide = b.expand(b.unsqueeze(x, [2]), [1, 1, HEADS, 1, 1]);
        return b.reshape(wide, ["batch", HEADS, "pos", DHEAD]);
      },
    ],
  ])("whose keys are repeated by %s", (_, repeated) => {
    const { config } = found(transformer({ keyHeads: 1, repeated }));
    expect(config.nKeyValueHeads).toBe(1);
    expectSame({ keyHeads: 1, repeated }, { keyHeads: 1, repeated: (_, x) => x });
  });

  test("whose rotation is computed for each that is rotated", () => {
    const rotation = (once: boolean): Partial<Forms> => {
      const known = new WeakMap<Builder, readonly [Value, Value]>();
      const waves = (b: Builder) => {
        const made = known.get(b);
        if (made && once) return made;
        const frequencies = Float32Array.from([1, 0.01, 1, 0.01]);
        const angles = b.mul(
          b.unsqueeze(b.cast(b.range(0, "pos"), "float32"), [1]),
          b.constant({ dtype: "float32", shape: [DHEAD], data: frequencies }),
        );
        const pair = [b.cos(angles), b.sin(angles)] as const;
        known.set(b, pair);
        return pair;
      };
      return {
        turned: (b, x) => {
          const [cos, sin] = waves(b);
          const part = (start: number, end: number) => b.slice(x, { axis: 3, start, end });
          const swapped = b.concat([b.neg(part(2, 4)), part(0, 2)], 3);
          return b.add(b.mul(x, cos), b.mul(swapped, sin));
        },
      };
    };
    expect(found(transformer(rotation(false))).config.rotaryBase).toBe(10000);
    expectSame(rotation(false), rotation(true));
  });
});

test("a fault of Diopter's own is no verdict on the file", () => {
  const graph = transformer();
  const name = "words";
  const tensor = graph.initializers.get(name) as TensorLike;
  /** The graph whose embedding cannot be read the `last`-th time; `reads` counts. */
  const faulty = (last: number) => {
    const count = { reads: 0 };
    const words = {
      ...tensor,
      get data() {
        count.reads += 1;
        if (count.reads === last) throw new RangeError("a fault");
        return tensor.data;
      },
    } as TensorLike;
    return {
      count,
      graph: { ...graph, initializers: new Map([...graph.initializers, [name, words]]) },
    };
  };
  const sound = faulty(Number.NaN);
  expect(recognize(sound.graph).unexplained).toEqual([]);
  expect(() => recognize(faulty(sound.count.reads).graph)).toThrow(new RangeError("a fault"));
});
