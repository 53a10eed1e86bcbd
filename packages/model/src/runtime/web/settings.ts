/** @file What a caller of `web` may ask for, and what the page can give. */

export type WebDevice = "wasm" | "webgpu";

/** What a place needs to know; crosses to a worker as a message. */
export interface WebSettings {
  readonly device: WebDevice;
  readonly threads?: number | undefined;
  readonly wasmPaths?: string | { readonly wasm?: string; readonly mjs?: string } | undefined;
}

const DEVICES = ["wasm", "webgpu"];

/** Whether this is a page or a worker of one, and not Node. */
export function inBrowser(): boolean {
  return typeof Worker === "function" && typeof location === "object";
}

/** Throws RangeError on what cannot be. */
export function checkSettings(options: {
  readonly device?: WebDevice;
  readonly threads?: number;
  readonly worker?: boolean;
  readonly maxSessions?: number;
}): void {
  const { device = "wasm", threads, worker, maxSessions } = options;
  if (!DEVICES.includes(device)) {
    throw new RangeError(
      `model/web: unsupported device "${String(device)}"; available: ${DEVICES.join(", ")}`,
    );
  }
  for (const [name, value] of Object.entries({ threads, maxSessions })) {
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) {
      throw new RangeError(`model/web: ${name} must be a positive integer, got ${value}`);
    }
  }
  if (worker && !inBrowser()) {
    throw new RangeError("model/web: there is no module worker here; leave worker out");
  }
  if (threads !== undefined && threads > 1 && !isolated()) {
    const why = inBrowser()
      ? "a page that is cross-origin isolated (headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp)"
      : "a browser";
    throw new RangeError(
      `model/web: ${threads} threads need ${why}; without threads it runs on one`,
    );
  }
}

/** Threads to run on, where the caller leaves it open. */
export function defaultThreads(): number {
  if (!isolated()) return 1;
  return Math.min(4, Math.ceil((navigator.hardwareConcurrency || 1) / 2));
}

/** Throws where the device is not there. */
export async function requireDevice(device: WebDevice): Promise<void> {
  if (device !== "webgpu") return;
  const gpu = typeof navigator === "object" ? (navigator as { gpu?: Gpu }).gpu : undefined;
  if (await gpu?.requestAdapter()) return;
  const where = inBrowser() ? "in this browser" : "here";
  throw new Error(`model/web: webgpu is not available ${where}; available: wasm`);
}

interface Gpu {
  requestAdapter(): Promise<object | null>;
}

function isolated(): boolean {
  return inBrowser() && globalThis.crossOriginIsolated === true;
}
