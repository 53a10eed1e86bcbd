/** @file The files of `golden/`, as the test server hands them out. */

import type { ReferenceFiles } from "../model.contract";

export const served: ReferenceFiles = {
  async read(path) {
    const response = await fetch(`/golden/${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  },
};
