/** @file TransformerLens's shorthand for hook names. */

const aliases: ReadonlyMap<string, string> = new Map([
  ["attn", "pattern"],
  ["attn_logits", "attn_scores"],
  ["key", "k"],
  ["query", "q"],
  ["value", "v"],
  ["mlp_pre", "pre"],
  ["mlp_mid", "mid"],
  ["mlp_post", "post"],
]);

const modules: ReadonlyMap<string, string> = new Map([
  ...["q", "k", "v", "z", "rot_q", "rot_k", "result", "pattern", "attn_scores"].map(
    (name) => [name, "attn"] as const,
  ),
  ...["pre", "mid", "post", "pre_linear"].map((name) => [name, "mlp"] as const),
]);

const moduleAliases: ReadonlyMap<string, string> = new Map([
  ["a", "attn"],
  ["attention", "attn"],
  ["m", "mlp"],
  ["b", ""],
  ["block", ""],
  ["blocks", ""],
]);

/**
 * The full name behind a shorthand; full names pass unchanged.
 *
 * @example
 * getActName("k", 6);             // "blocks.6.attn.hook_k"
 * getActName("k6");               // the same
 * getActName("scale4ln1");        // "blocks.4.ln1.hook_scale"
 * getActName("normalized");       // "ln_final.hook_normalized"
 */
export function getActName(name: string, layer?: number, module?: string): string {
  if (layer === undefined && module === undefined) {
    if (name.includes(".") || name.startsWith("hook_")) return name;
    const [, letters, digits, rest] = /^([a-z_]+?)_?(\d+)(\D.*)?$/.exec(name) ?? [];
    if (letters !== undefined) return getActName(letters, Number(digits), rest);
  }
  const act = aliases.get(name) ?? name;
  const place = modules.get(act) ?? moduleAliases.get(module ?? "") ?? module ?? "";
  const isNorm = act === "scale" || act === "normalized";
  const block = layer === undefined ? (isNorm ? "ln_final." : "") : `blocks.${layer}.`;
  return `${block}${place === "" ? "" : `${place}.`}hook_${act}`;
}
