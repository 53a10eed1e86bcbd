/** @file The sliding windows of Qwen: off unless asked for, and then in the later layers. */

import type { Fields } from "./fields";
import { windows } from "./windows";

export function qwenWindows(hf: Fields) {
  const width = hf.boolean("use_sliding_window", false)
    ? hf.sizeOr(4096, "sliding_window")
    : undefined;
  const first = hf.number("max_window_layers", 28);
  return windows(hf, width, (layer) => layer >= first);
}
