/** @file Types of what the browser projects hand to their tests. */

import "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Options for `web` of `@diopter/model/web`. */
    web: { readonly device: "wasm" | "webgpu"; readonly threads?: number };
    /** Address of a hub on this machine, for this browser alone. */
    hub: string;
  }
}
