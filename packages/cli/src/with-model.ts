/** @file A model for the time of one command: one of the embedded ones by name, or whatever `Model.load` opens. */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { didYouMean } from "@diopter/graph";
import {
  type InMemoryCheckpoint,
  isHubId,
  MissingFileError,
  Model,
  type Prompt,
} from "@diopter/model";
import type { Io } from "./io";
import { type Progress, progressOf } from "./progress";
import { type RuntimeName, runtimeNamed } from "./runtime";
import { checkWords } from "./world-words";

interface EmbeddedModel {
  readonly summary: string;
  readonly load: () => Promise<InMemoryCheckpoint>;
}

/** The models that come along, by name. */
export const embeddedModels: Readonly<Record<string, EmbeddedModel>> = {
  "world-causal": {
    summary: "GPT-2 style, 4 layers of 8 heads, predicts the next word of a synthetic world",
    load: async () => (await import("@diopter/tiny-models")).worldCausal(),
  },
  "world-masked": {
    summary: "BERT style, 4 layers of 4 heads, predicts the word at <mask>",
    load: async () => (await import("@diopter/tiny-models")).worldMasked(),
  },
};

export interface ModelRequest {
  readonly model: string;
  readonly runtime?: RuntimeName | undefined;
  /** Refused where it has words that an embedded model has never seen. */
  readonly prompt?: Prompt | undefined;
}

/** Loads a model, uses it, and frees it whatever happens. */
export async function withModel<T>(
  io: Io,
  { model: name, runtime: runtimeName, prompt }: ModelRequest,
  use: (model: Model, progress: Progress) => Promise<T>,
): Promise<T> {
  const progress = progressOf(io);
  const runtime = await runtimeNamed(runtimeName);
  try {
    progress.step(`loading ${name}`);
    const model = await Model.load(await sourceOf(name, io.cwd, prompt), { runtime }).catch(
      (error) => Promise.reject(nearestModel(name, error)),
    );
    io.signal.throwIfAborted();
    progress.step("running");
    return await use(model, progress).finally(() => model.dispose());
  } finally {
    progress.clear();
    await runtime.dispose();
  }
}

async function sourceOf(
  name: string,
  cwd: string,
  prompt: Prompt | undefined,
): Promise<string | InMemoryCheckpoint> {
  const found = Object.hasOwn(embeddedModels, name) ? embeddedModels[name] : undefined;
  // What is here goes before what is on a hub.
  const path = resolve(cwd, name);
  if (!found) return name.includes("/") && isHubId(name) && !existsSync(path) ? name : path;
  for (const text of [prompt].flat()) if (typeof text === "string") checkWords(name, text);
  return found.load();
}

/** A folder that is not there may be the misspelt name of an embedded model. */
function nearestModel(name: string, error: unknown): unknown {
  if (!(error instanceof MissingFileError) || !error.message.startsWith("model: no folder")) {
    return error;
  }
  return new MissingFileError(
    `model: no folder "${name}"${didYouMean(name, Object.keys(embeddedModels))}`,
    { cause: error },
  );
}
