/** @file Work that takes long: how far it is. */

/** How far a long job is. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** Milliseconds left, by what has been done so far. */
  readonly remaining: number;
}
