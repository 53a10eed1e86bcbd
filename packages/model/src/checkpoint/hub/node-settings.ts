/** @file What the environment says about the hub, read as the Python client reads it. https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables */

import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

export interface NodeSettings {
  readonly endpoint: string | undefined;
  readonly cache: string;
  readonly offline: boolean;
  /** False where links are not wanted, so that snapshots hold the files themselves. */
  readonly symlinks: boolean;
  /** The token of the environment or of the token file. */
  token(): Promise<string | undefined>;
}

/** Settings of `HF_HOME`, `HF_HUB_CACHE`, `HF_ENDPOINT`, `HF_TOKEN`, `HF_TOKEN_PATH`, `HF_HUB_OFFLINE` and `HF_HUB_DISABLE_SYMLINKS`. */
export function nodeSettings(
  env: Readonly<Record<string, string | undefined>> = process.env,
): NodeSettings {
  const expand = (path: string) =>
    path
      .replace(/^~(?=[/\\]|$)/, homedir())
      .replace(/\$(?:\{(\w+)\}|(\w+))/g, (text, a, b) => env[a ?? b] ?? text);
  const base = env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const home = expand(env.HF_HOME || join(base, "huggingface"));
  return {
    endpoint: env.HF_ENDPOINT || undefined,
    cache: expand(env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(home, "hub")),
    offline: isTrue(env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE),
    symlinks: !isTrue(env.HF_HUB_DISABLE_SYMLINKS),
    token: async () => {
      const file = expand(env.HF_TOKEN_PATH || join(home, "token"));
      const held = env.HF_TOKEN || env.HUGGING_FACE_HUB_TOKEN;
      const text = held ?? (await readFile(file, "utf8").catch(ignoreMissing));
      return text?.trim() || undefined;
    },
  };
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
}

function isTrue(value: string | undefined): boolean {
  return /^(1|on|yes|true)$/i.test(value ?? "");
}
