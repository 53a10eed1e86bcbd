/** @file ONNX graphs as values: builder, surgery, gradients, a float64 evaluator. */

export { brief, didYouMean, editDistance, nearest, quoted } from "@diopter/tensor";
export { Builder, type Index, type PadRange, type SliceRange } from "./builder/builder";
export type { BuilderOptions, NodeOptions } from "./builder/writer";
export { backward, type GradientOptions } from "./gradients/backward";
export { gradientRules } from "./gradients/index";
export type { Gradient, GradientNode, GradientRule } from "./gradients/rule";
export { termsOf } from "./graph/dim";
export { sameGraph } from "./graph/same-graph";
export { Size } from "./graph/size";
export type {
  Attribute,
  Dim,
  ElementType,
  ExternalTensor,
  Graph,
  Initializer,
  Node,
  OpaqueTensor,
  Value,
  ValueInfo,
} from "./graph/types";
export { type EvaluateOptions, evaluate } from "./interpret/evaluate";
export { inferShapes } from "./interpret/infer-shapes";
export { decode } from "./onnx/decode";
export { type EncodeOptions, encode } from "./onnx/encode";
export { ops } from "./ops/index";
export type { AttributeInput, Op } from "./ops/row";
export { cut } from "./passes/cut";
export { type DifferentiateOptions, differentiate } from "./passes/differentiate";
export { type FoldOptions, foldConstants } from "./passes/fold-constants";
export { type Limits, legalize } from "./passes/legalize/legalize";
export { type PruneOptions, prune } from "./passes/prune";
export { type Renaming, rename } from "./passes/rename";
export { type Known, type NodeChange, type Rewriter, rewrite } from "./passes/rewrite";
export { splice } from "./passes/splice";
