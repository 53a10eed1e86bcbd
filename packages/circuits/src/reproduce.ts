/** @file Published results on faithfulness, measured again. */

export {
  type DocstringReproduction,
  type ReproduceDocstringOptions,
  reproduceDocstring,
} from "./reproduce/docstring";
export { type IoiReproduction, type ReproduceIoiOptions, reproduceIoi } from "./reproduce/ioi";
export type { ReproduceOptions } from "./reproduce/paper-cell";
export {
  type ReproduceSportsOptions,
  reproduceSports,
  type SportsReproduction,
} from "./reproduce/sports";
export {
  type ReproduceTracrOptions,
  reproduceTracr,
  type TracrPanel,
  type TracrReproduction,
} from "./reproduce/tracr";
export type { TracrModels } from "./reproduce/tracr-programs";
