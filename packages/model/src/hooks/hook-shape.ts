/** @file The shape of an activation before batch and length are known. */

import type { ModelConfig } from "../config";
import { hookAxes, hookSizes } from "./hook-axes";

/**
 * Dimensions of a hook: numbers where the model fixes them, else the words `batch`, `pos`, `query`, `key`.
 *
 * @example
 * hookShape("blocks.0.attn.hook_pattern", model.config); // ["batch", 12, "query", "key"]
 */
export function hookShape(name: string, config: ModelConfig): (number | string)[] {
  const sizes = hookSizes(config, name, 0, 0);
  const open = new Set<string>(["batch", "pos", "query", "key"]);
  return hookAxes(name).map((axis, i) => (open.has(axis) ? axis : (sizes[i] as number)));
}
