/** @file Whether a runtime computes what it should: a built-in small model against stored float64 values. */

import { checkOptions, fromData, type TensorLike } from "@diopter/tensor";
import type { InMemoryCheckpoint } from "./checkpoint/load";
import { Model } from "./model";
import { logitDifference } from "./program/metrics";
import type { Runtime } from "./runtime/runtime";

/** One check: the element that is furthest off. */
export interface SelfTestRow {
  /** Such as `"logits"` or `"gradient of blocks.0.hook_resid_pre"`. */
  readonly check: string;
  readonly expected: number;
  /** NaN when the check could not be run. */
  readonly got: number;
  /** |got - expected| relative to the largest expected value of the check. */
  readonly error: number;
  readonly ok: boolean;
  /** Why the check could not be run. */
  readonly message?: string;
}

export interface SelfTestOptions {
  /** Largest `error` that is ok; 1e-9 in float64, 1e-3 on WebGPU, 1e-5 elsewhere. */
  readonly tolerance?: number;
}

/**
 * Runs forward, edited and backward passes of a two-layer model and compares them with stored float64 values.
 *
 * A runtime that fails gives rows that are not ok instead of an error.
 *
 * @example
 * const rows = await selfTest(web({ device: "webgpu" }));
 * const works = rows.every(({ ok }) => ok);
 */
export async function selfTest(
  runtime: Runtime,
  options: SelfTestOptions = {},
): Promise<SelfTestRow[]> {
  checkOptions("selfTest", options, { tolerance: "optional" });
  const { tolerance = toleranceOf(runtime) } = options;
  const model = await Model.load(tinyCheckpoint(), { runtime });
  const rows: SelfTestRow[] = [];
  for (const [names, compute] of checks(model)) {
    try {
      const values = await compute();
      for (const name of names) rows.push(compare(name, values(name), tolerance));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      for (const name of names) rows.push({ ...compare(name, [], tolerance), message });
    }
  }
  await model.dispose();
  return rows;
}

type Compute = () => Promise<(name: string) => ArrayLike<number>>;

const PROMPT = [[1, 4, 2, 6]];
const STREAM = "blocks.1.hook_resid_post";
const WRT = ["blocks.0.hook_resid_pre", "blocks.0.attn.W_Q", "blocks.1.mlp.W_out"];

/** Names of stored values, and how to compute them: one run each. */
function checks(model: Model): [names: string[], Compute][] {
  return [
    [
      ["logits", STREAM],
      async () => {
        const { logits, cache } = await model.runWithCache(PROMPT, { names: [STREAM] });
        return (name) => (name === "logits" ? logits : cache.get(STREAM)).toFloat64();
      },
    ],
    [
      ["logits without head 1 of layer 0"],
      async () => {
        const edits = [{ at: "blocks.0.attn.hook_z", head: 1, do: "zero" }] as const;
        const { logits } = await model.run(PROMPT, { edits });
        return () => logits.toFloat64();
      },
    ],
    [
      ["logit difference", ...WRT.map((name) => `gradient of ${name}`)],
      async () => {
        const of = logitDifference([3], [5]);
        const { values, gradients } = await model.gradients(PROMPT, { of, wrt: WRT });
        return (name) =>
          name === "logit difference"
            ? values
            : gradients.get(name.replace("gradient of ", "")).toFloat64();
      },
    ],
  ];
}

function compare(check: string, values: ArrayLike<number>, tolerance: number): SelfTestRow {
  const stored = expectedValues[check]!;
  const largest = stored.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const off = (i: number) => {
    const error = Math.abs((values[i] ?? Number.NaN) - stored[i]!) / largest;
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  };
  const worst = stored.reduce((at, _, i) => (off(i) > off(at) ? i : at), 0);
  const error = off(worst);
  return {
    check,
    expected: stored[worst]!,
    got: values[worst] ?? Number.NaN,
    error,
    ok: error <= tolerance && values.length === stored.length,
  };
}

function toleranceOf({ precision, name }: Runtime): number {
  if (precision === "float64") return 1e-9;
  return name === "webgpu" ? 1e-3 : 1e-5;
}

export const expectedValues: Readonly<Record<string, readonly number[]>> = {
  logits: [
    0.05322931165119, -2.646257583121, 0.154584345243, -0.1190742454549, 0.2559393788348,
    -0.01771921186308, 0.3572944124266, 0.03996391645362, -2.635104669251, 0.152288060023,
    -0.1509871276143, 0.2646122035924, -0.03866298404495, 0.3769363471618, -0.04771207769622,
    -2.52830884152, 0.1332645743348, -0.3553723861489, 0.3142412263658, -0.1743957341179,
    0.4952178783968, 0.03350108521768, -2.618613947975, 0.1149181010608, -0.1049078417155,
    0.1963351169038, -0.02349082587247, 0.2777521327469,
  ],
  "blocks.1.hook_resid_post": [
    -0.8540821175981, 7.66102342561, -6.115336303208, -3.952575797661, -0.552776667851,
    5.780167763939, -5.040167213527, -3.440986088333, 1.697606550687, 5.092757372505,
    -4.38859340725, -3.10479438631, 0.9189592503437, 5.807540937011, -6.690356919564,
    -1.933641674838,
  ],
  "logits without head 1 of layer 0": [
    0.04896760442416, -2.629613866458, 0.1650581799565, -0.1483863739809, 0.2811487554889,
    -0.03229579844851, 0.3972393310213, 0.02434744108436, -2.603348990876, 0.1653388612489,
    -0.2153379731953, 0.3063302814134, -0.07434655303079, 0.4473217015779, -0.09981002787519,
    -2.356283331869, 0.1974998964558, -0.6052368992379, 0.4948098207868, -0.3079269749069,
    0.7921197451178, 0.02793364029079, -2.616801902536, 0.1177689786945, -0.1247864349955,
    0.2076043170982, -0.0349510965918, 0.2974396555019,
  ],
  "logit difference": [-0.08141701584308],
  "gradient of blocks.0.hook_resid_pre": [
    -0.002267868386963, -0.0002311785735134, 0.003184355317289, -0.0006853083568133,
    -0.001800447536617, 0.00004684312882088, 0.006503302004459, -0.004749697596663,
    -0.004508287563421, -0.0003974875646453, 0.004041368508719, 0.0008644066193471,
    -0.02499910295624, 0.009021643253814, -0.006904156420044, 0.02288161612247,
  ],
  "gradient of blocks.0.attn.W_Q": [
    0.0002557293413508, -0.0003820067801096, 0.0004790810426516, -0.0001026618917228,
    -0.00008596857366204, 0.0002802330211834, -0.0007669730144251, 0.001350434160454,
    -0.00166900778924, 0.0009824121676503, 0.0003996178623195, -0.001392133747075,
    -0.0008134535479202, 0.001394880396608, -0.001446831211575, 0.0009112987710237,
    0.0006880801468033, -0.001828006225323, 0.00004285459722685, -0.00005898185603308,
    0.000247638909789, -0.000005211383626856, 0.0001678249432977, -0.0002452277860955,
  ],
  "gradient of blocks.1.mlp.W_out": [
    -0.01792201208857, 0.00399632567154, -0.004244149749365, 0.0181698361664, 0.002298031972562,
    -0.0005124248393866, 0.0005442018324831, -0.002329808965659, 0.004303996093882,
    -0.0009597231602782, 0.001019238456756, -0.004363511390359, 0.003773277616537,
    -0.0008413813209305, 0.0008935578868805, -0.003825454182487, 0.004323646962148,
    -0.0009641049935752, 0.001023892020609, -0.004383433989181,
  ],
};

/** Weights are multiples of 1/32, which every float type holds exactly. */
export function tinyCheckpoint(): InMemoryCheckpoint {
  const weights: Record<string, TensorLike> = {};
  let next = 0;
  const add = (name: string, ...shape: number[]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length: size }, () => ((next++ * 37) % 64) / 32 - 1);
    weights[name] = fromData(data, shape);
  };
  add("embed.W_E", 7, 4);
  add("pos_embed.W_pos", 6, 4);
  for (const block of ["blocks.0", "blocks.1"]) {
    for (const ln of ["ln1", "ln2"]) for (const x of ["w", "b"]) add(`${block}.${ln}.${x}`, 4);
    for (const x of ["Q", "K", "V"]) {
      add(`${block}.attn.W_${x}`, 2, 4, 3);
      add(`${block}.attn.b_${x}`, 2, 3);
    }
    add(`${block}.attn.W_O`, 2, 3, 4);
    add(`${block}.attn.b_O`, 4);
    add(`${block}.mlp.W_in`, 4, 5);
    add(`${block}.mlp.b_in`, 5);
    add(`${block}.mlp.W_out`, 5, 4);
    add(`${block}.mlp.b_out`, 4);
  }
  add("ln_final.w", 4);
  add("ln_final.b", 4);
  add("unembed.W_U", 4, 7);
  add("unembed.b_U", 7);
  return { config: CONFIG, weights, id: "self-test" };
}

const CONFIG = {
  n_layers: 2,
  d_model: 4,
  n_heads: 2,
  d_head: 3,
  d_mlp: 5,
  d_vocab: 7,
  n_ctx: 6,
  act_fn: "gelu_new",
  normalization_type: "LN",
};
