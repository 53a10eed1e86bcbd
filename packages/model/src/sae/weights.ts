/** @file The tensors of an SAE: names and shapes by architecture, checked and brought into one form. */

import { cast, fromData, isFloat, map, sizeOf, type TensorLike } from "@diopter/tensor";
import type { Checkpoint } from "../checkpoint/families/checkpoint";
import { CheckpointError } from "../config/errors";
import type { SaeConfig, SaeStructure } from "./config";

/** Shapes of the weights that a structure computes with, by SAELens's names. */
export function saeWeightShapes(s: SaeStructure): Map<string, readonly number[]> {
  const { dIn, dOut, dSae } = s;
  const shapes = new Map<string, readonly number[]>([
    ["W_enc", [dIn, dSae]],
    ["W_dec", [dSae, dOut]],
    ["b_dec", [dOut]],
  ]);
  const perFeature =
    s.encoder === "gated"
      ? ["b_gate", "b_mag", "r_mag"]
      : s.encoder === "jumprelu"
        ? ["b_enc", "threshold"]
        : ["b_enc"];
  for (const name of perFeature) shapes.set(name, [dSae]);
  if (s.skip) shapes.set("W_skip", [dOut, dIn]);
  if (s.finetuningScalingFactor) shapes.set("finetuning_scaling_factor", [dSae]);
  return shapes;
}

/** Names under which files hold what goes by another name here. */
const aliases: Readonly<Record<string, string>> = {
  threshold: "topk_threshold",
  finetuning_scaling_factor: "scaling_factor",
};

/**
 * The weights of an SAE, checked against its configuration.
 *
 * A batch-top-k SAE's one threshold becomes one per feature; factors that are all 1, which old files hold
 * unasked, are left out.
 *
 * @throws {CheckpointError} when a tensor is missing, extra or misshapen
 */
export async function readSaeWeights(
  config: SaeConfig,
  file: Checkpoint,
  subject: string,
): Promise<Map<string, TensorLike>> {
  const shapes = saeWeightShapes(config);
  const weights = new Map<string, TensorLike>();
  const used = new Set<string>();
  for (const [name, shape] of shapes) {
    const alias = aliases[name];
    const source = !file.shapes.has(name) && alias && file.shapes.has(alias) ? alias : name;
    const found = file.shapes.get(source);
    if (!found) {
      throw new CheckpointError(
        `${subject} has no tensor "${name}" [${shape.join(", ")}], which architecture "${config.architecture}" needs`,
        [name],
      );
    }
    const one = name === "threshold" && sizeOf(found) === 1;
    if (!one && found.join() !== shape.join()) {
      throw new CheckpointError(
        `${subject}: tensor "${source}" has shape [${found.join(", ")}], expected [${shape.join(", ")}]`,
        [source],
      );
    }
    used.add(source);
    const tensor = await file.read(source);
    if (!isFloat(tensor.dtype)) {
      throw new CheckpointError(
        `${subject}: tensor "${source}" has dtype ${tensor.dtype}, expected floats`,
        [source],
      );
    }
    weights.set(name, one ? repeated(tensor, shape) : tensor);
  }
  for (const name of file.shapes.keys()) {
    if (!used.has(name)) await refuseUnlessIdle(file, name, config, subject);
  }
  return weights;
}

/** The same SAE for activations that are not multiplied by `scale` first, as it was trained on. */
export function foldScale(
  weights: ReadonlyMap<string, TensorLike>,
  scale: number,
): Map<string, TensorLike> {
  const factors = new Map([
    ["W_enc", scale],
    ["W_dec", 1 / scale],
    ["b_dec", 1 / scale],
  ]);
  return new Map(
    [...weights].map(([name, tensor]) => {
      const factor = factors.get(name);
      return [name, factor === undefined ? tensor : map(tensor, (x) => x * factor)];
    }),
  );
}

function repeated(tensor: TensorLike, shape: readonly number[]): TensorLike {
  const [value] = cast(tensor, "float64").data;
  const wide = new Float64Array(sizeOf(shape)).fill(value!);
  return fromData(tensor.dtype === "float64" ? wide : Float32Array.from(wide), shape);
}

async function refuseUnlessIdle(
  file: Checkpoint,
  name: string,
  config: SaeConfig,
  subject: string,
): Promise<void> {
  if (name === "scaling_factor" || name === "finetuning_scaling_factor") {
    const factors = cast(await file.read(name), "float64").data;
    if (factors.every((x) => Math.abs(x - 1) < 1e-5)) return;
    throw new CheckpointError(
      `${subject}: tensor "${name}" is not all 1, but finetuning_scaling_factor is false`,
      [name],
    );
  }
  throw new CheckpointError(
    `${subject}: tensor "${name}" has no place in architecture "${config.architecture}"`,
    [name],
  );
}
