/** @file Sliding windows as Hugging Face writes them: one width, and the layers that have it. */

import type { ConfigChoices } from "./complete-config";
import type { Fields } from "./fields";

/**
 * The window of a `config.json`; `isLocal` says which layers have it where the file has no `layer_types`.
 *
 * A width counts the query itself: 4 is the query and three keys before it.
 */
export function windows(
  hf: Fields,
  windowSize: number | undefined,
  isLocal: (layer: number) => boolean = () => true,
): Pick<ConfigChoices, "windowSize" | "attnTypes"> {
  const nLayers = hf.layers("num_hidden_layers");
  const kinds = hf.choices("layer_types", ["full_attention", "sliding_attention"], nLayers);
  if (windowSize === undefined) return {};
  const local = Array.from({ length: nLayers }, (_, layer) =>
    kinds ? kinds[layer] === "sliding_attention" : isLocal(layer),
  );
  if (!local.includes(true)) return {};
  return { windowSize, attnTypes: local.map((each) => (each ? "local" : "global")) };
}

export function qwenWindows(hf: Fields) {
  const width = hf.boolean("use_sliding_window", false)
    ? hf.sizeOrNull(4096, "sliding_window")
    : undefined;
  const first = hf.number("max_window_layers", 28);
  return windows(hf, width, (layer) => layer >= first);
}
