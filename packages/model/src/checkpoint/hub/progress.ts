/** @file What a caller hears while a model is fetched, in the words of transformers.js. */

/**
 * One step on the way of a model from the hub.
 *
 * Each file goes through `initiate`, then `download` and `progress` unless it is in the cache, then `done`;
 * `ready` comes once, when all weights are read. `progress` is a percentage; it and `total` are
 * undefined when the server does not say how long the file is.
 */
export type HubProgress =
  | {
      readonly status: "initiate" | "download" | "done";
      /** The model. */
      readonly name: string;
      readonly file: string;
    }
  | {
      readonly status: "progress";
      readonly name: string;
      readonly file: string;
      readonly progress: number | undefined;
      /** Bytes there so far, those of an earlier attempt included. */
      readonly loaded: number;
      readonly total: number | undefined;
    }
  | { readonly status: "ready"; readonly name: string };

/** A function of bytes loaded that reports each half percent, and the last byte, once. */
export function reporter(
  name: string,
  file: string,
  total: number | undefined,
  onProgress: (event: HubProgress) => void,
): (loaded: number) => void {
  const step = Math.max(2 ** 16, (total ?? 0) / 200);
  let reported = -1;
  return (loaded) => {
    if (loaded === reported || (loaded !== total && Math.abs(loaded - reported) < step)) return;
    reported = loaded;
    const progress = total === undefined ? undefined : total === 0 ? 100 : (100 * loaded) / total;
    onProgress({ status: "progress", name, file, progress, loaded, total });
  };
}
