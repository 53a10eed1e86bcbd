/** @file The public names of @diopter/tensor. */

export { type AdamOptions, type AdamState, adam, adamState, adamw } from "./adam";
export {
  abs,
  add,
  div,
  equal,
  greater,
  greaterOrEqual,
  less,
  lessOrEqual,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  relu,
  sub,
} from "./arithmetic";
export { cast } from "./cast";
export { checkOptions, type OptionKeys, present } from "./check-options";
export { clipGlobalNorm } from "./clip-global-norm";
export { concat, split, stack } from "./concat";
export {
  arange,
  eye,
  fromData,
  fromJSON,
  full,
  type Nested,
  ones,
  scalar,
  type TensorOptions,
  tensor,
  zeros,
} from "./create";
export { type CumsumOptions, cumsum } from "./cumsum";
export {
  allocate,
  bytesPerElement,
  type DataTypeMap,
  type DType,
  type DTypeOf,
  dtypes,
  type FloatDType,
  type FloatOf,
  floatOf,
  isDType,
  isFloat,
} from "./dtype";
export { map, zip } from "./elementwise";
export { type Complex, type Evd, evd, evdSymmetric, type SymmetricEvd } from "./evd";
export { expand, tile } from "./expand";
export { erf, erfOf, exp, log, sigmoid, sigmoidOf, sqrt, tanh } from "./functions";
export {
  gatherElements,
  gatherND,
  type ScatterReduction,
  scatterElements,
  scatterND,
} from "./gather-scatter";
export { given } from "./given";
export {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
} from "./half";
export { gather, reshape, slice, squeeze, transpose, unsqueeze } from "./layout";
export {
  type Evaluation,
  type LbfgsOptions,
  type LbfgsResult,
  lbfgs,
  lbfgsAsync,
} from "./lbfgs";
export type { LbfgsState } from "./lbfgs-memory";
export { matmul } from "./matmul";
export { didYouMean, editDistance, nearest } from "./nearest";
export { type OneHotOptions, oneHot } from "./one-hot";
export { counted, firstOf, inspectable, oneLine } from "./one-line";
export { type PadOptions, pad } from "./pad";
export type { Parameter, ParameterSet, PerParameter } from "./parameters";
export { qr } from "./qr";
export { brief, quoted } from "./quoted";
export {
  type NormalOptions,
  Random,
  type Seed,
  type UniformOptions,
} from "./random";
export {
  l1,
  l2,
  logSumExp,
  max,
  mean,
  min,
  prod,
  type ReduceOptions,
  sum,
  sumSquare,
} from "./reduce";
export { type SgdOptions, type SgdState, sgd, sgdState } from "./sgd";
export {
  broadcastShapes,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  sameShape,
  sizeOf,
  stridesOf,
} from "./shape";
export { logSoftmax, softmax } from "./softmax";
export { cholesky, inverse, solve } from "./solve";
export { stateFromJSON, stateToJSON } from "./state-json";
export { type PinvOptions, pinv, type Svd, svd } from "./svd";
export {
  type Indices,
  Tensor,
  type TensorJSON,
  type TensorLike,
} from "./tensor";
export { argmax, argmin, argsort, type TopKOptions, topK } from "./top-k";
export { trilu } from "./trilu";
export { where } from "./where";
