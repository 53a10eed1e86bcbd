/** @file Recognizes the transformer in a graph: its configuration, its weights, and the value behind each hook. */

import type { Graph, Initializer, Node } from "@diopter/graph";
import type { TensorLike } from "@diopter/tensor";
import type { ModelConfig } from "../config/config";
import { configurationOf } from "./configuration";
import { logitsOf } from "./heads";
import { type HookFinding, hookFindings } from "./hook-findings";
import { Constants } from "./match/linear";
import { matchTransformer } from "./match/transformer";
import { normalForm } from "./normal/normal-form";
import { type Precision, precisionOf } from "./read/near";
import { constantOf, type Reading, readValues } from "./read/read-values";
import { Refusal } from "./refusal";
import { weightsOf } from "./weights";

/** What was recognized in a graph. */
export interface Recognition {
  /** Absent when something could not be accounted for. */
  readonly config?: ModelConfig;
  /** In graph layout, under TransformerLens names. */
  readonly weights?: ReadonlyMap<string, TensorLike>;
  readonly hooks: readonly HookFinding[];
  /** What could not be accounted for; empty when `config` is there. */
  readonly unexplained: readonly string[];
}

/**
 * Recognizes a transformer by structure: no numbers are compared but those that configurations hold.
 *
 * Every operation between tokens and logits must be one that the canonical transformer has; otherwise there is no
 * configuration, and `unexplained` says what is in the way.
 */
export function recognize(graph: Graph): Recognition {
  const precision = precisionOf(graph);
  const asIs = attempt(graph, precision);
  if (asIs.config) return asIs;
  // Cached decoders in an If, fused and quantized operations are taken apart first.
  const { graph: normal, notes, origins } = normalForm(graph);
  const names = namesIn(graph);
  const taken = attempt(normal, precision, origins, (name) => names.has(name));
  if (taken.config) return taken;
  return { ...taken, unexplained: [...taken.unexplained, ...notes] };
}

/** The values of a graph and of the graphs within its nodes. */
function namesIn({ nodes }: Graph, names: Set<string> = new Set()): Set<string> {
  for (const { outputs, attrs } of nodes) {
    for (const name of outputs) names.add(name);
    for (const attr of Object.values(attrs)) if (attr.type === "graph") namesIn(attr.value, names);
  }
  return names;
}

/** Recognition of a graph; `origins` names the nodes of the file by value, `inFile` says which of the values it has. */
function attempt(
  graph: Graph,
  precision: Precision,
  origins: ReadonlyMap<string, string> = new Map(),
  inFile: (value: string) => boolean = () => true,
): Recognition {
  const reading = readValues(graph, origins);
  try {
    const logits = logitsOf(reading);
    const constants = new Constants(constantsOf(reading), precision);
    const found = matchTransformer(logits, constants);
    const plain = configurationOf(found, constants);
    const { weights, quantized } = weightsOf(plain, found, constants);
    const config = quantized.length > 0 ? { ...plain, dynamicQuantization: quantized } : plain;
    const hooks = hookFindings(found, config, { reading, origins, inFile });
    return { config, weights, hooks, unexplained: [] };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { hooks: [], unexplained: [error.message] };
  }
}

function constantsOf({ graph }: Reading): Map<string, Initializer> {
  const constants = new Map(graph.initializers);
  for (const node of graph.nodes) {
    const tensor = constantOf(node as Node);
    if (tensor) constants.set(node.outputs[0]!, tensor);
  }
  return constants;
}
