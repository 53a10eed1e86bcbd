/** @file Errors that callers branch on; everything else is a plain TypeError or RangeError. */

/** A file that should be there is not. */
export class MissingFileError extends RangeError {
  override readonly name = "MissingFileError";
}

/** A checkpoint whose tensors are missing, extra or of another shape than its configuration says. */
export class CheckpointError extends RangeError {
  override readonly name = "CheckpointError";
  /** Checkpoint tensors that the error is about. */
  readonly tensors: readonly string[];

  constructor(message: string, tensors: readonly string[]) {
    super(message);
    this.tensors = tensors;
  }
}

/** A file that is not the safetensors that it claims to be. */
export class SafetensorsError extends RangeError {
  override readonly name = "SafetensorsError";
}

/** An architecture, or a setting of one, that no family describes. */
export class UnsupportedModelError extends RangeError {
  override readonly name = "UnsupportedModelError";
}

/** Weight processing that would change what the model computes. */
export class InexactProcessingError extends RangeError {
  override readonly name = "InexactProcessingError";
}

/** A hook name that this model does not have. */
export class UnknownHookError extends RangeError {
  override readonly name = "UnknownHookError";
}

/** A hub that refused, failed, or sent something else than it announced. */
export class HubError extends Error {
  override readonly name = "HubError";
  /** Address that was asked, without its query. */
  readonly url: string;
  /** HTTP status, when there was an answer. */
  readonly status: number | undefined;
  /** Whether the same request may well succeed later. */
  readonly temporary: boolean;
  /** Seconds that the server asks to wait. */
  readonly retryAfter: number | undefined;

  constructor(
    message: string,
    about: {
      readonly url: string;
      readonly status?: number | undefined;
      readonly temporary?: boolean;
      readonly retryAfter?: number | undefined;
      readonly cause?: unknown;
    },
  ) {
    super(message, about.cause === undefined ? {} : { cause: about.cause });
    this.url = about.url;
    this.status = about.status;
    this.temporary = about.temporary ?? false;
    this.retryAfter = about.retryAfter;
  }
}
