/** @file The parts of a transformer, from its logits back to its tokens: unembedding, final norm, blocks, embedding. */

import type { Body } from "../read/body";
import { Refusal } from "../refusal";
import type { Attention } from "./attention";
import { type Embedding, matchEmbedding, matchUnembedding, type Unembedding } from "./embedding";
import type { Constants } from "./linear";
import type { Mlp } from "./mlp";
import { matchNorm, type Norm } from "./norm";
import { type Branch, matchStream, readsOf, type Step } from "./residual";

/** One block of the file. */
export interface Layer {
  readonly attn: Branch & { readonly part: Attention };
  readonly mlp: (Branch & { readonly part: Mlp }) | undefined;
  readonly attnStep: Step;
  readonly mlpStep: Step | undefined;
}

/** A transformer as it stands in a file. */
export interface Transformer {
  readonly embedding: Embedding;
  readonly layers: readonly Layer[];
  readonly finalNorm: Norm | undefined;
  readonly unembedding: Unembedding;
  readonly logits: Body;
}

/** The transformer whose logits are `logits`. Throws a Refusal with what does not fit. */
export function matchTransformer(logits: Body, constants: Constants): Transformer {
  const unembedding = matchUnembedding(logits, constants.precision);
  const direct = matchStream(unembedding.state, constants);
  const norm = matchNorm(unembedding.state);
  // The last norm may be the model's, or the last block's own (BERT).
  const throughNorm = norm && direct.steps.at(-1)?.norm !== undefined && !isPost(direct.steps);
  const finalNorm = norm && (direct.steps.length === 0 || throughNorm) ? norm : undefined;
  const { steps, embedding: entering } = finalNorm ? matchStream(finalNorm.x, constants) : direct;
  const layers = group(steps);
  const rows = (name: string) => constants.get(name)?.shape[0] ?? 0;
  return { embedding: matchEmbedding(entering, rows), layers, finalNorm, unembedding, logits };
}

/** Whether the blocks read the stream as it is, which their own norms have left. */
function isPost(steps: readonly Step[]): boolean {
  const last = steps.at(-1)!;
  return last.branches.every(
    (branch) => branch.after === undefined && readsOf(branch, last.stream) === "stream",
  );
}

function group(steps: readonly Step[]): Layer[] {
  const layers: Layer[] = [];
  if (steps.length === 0)
    throw new Refusal("no block: nothing reads the residual stream and adds to it");
  const flat = steps.flatMap((step) => {
    const sorted = [...step.branches].sort((a) => (a.part.kind === "attn" ? -1 : 1));
    return sorted.map((branch) => ({ branch, step }));
  });
  for (let i = 0; i < flat.length; i++) {
    const { branch, step } = flat[i]!;
    if (branch.part.kind !== "attn") throw new Refusal(`block ${layers.length} begins with an MLP`);
    const next = flat[i + 1];
    const mlp = next?.branch.part.kind === "mlp" ? next : undefined;
    if (mlp) i += 1;
    layers.push({
      attn: branch as Layer["attn"],
      mlp: mlp?.branch as Layer["mlp"],
      attnStep: step,
      mlpStep: mlp?.step,
    });
  }
  return layers;
}
