import { defineConfig } from "tsup";

export default defineConfig({
  // Flat in dist, wherever a file lives in src: the worker is found beside `web.js`.
  entry: {
    index: "src/index.ts",
    node: "src/runtime/node.ts",
    reference: "src/runtime/reference.ts",
    web: "src/runtime/web.ts",
    "web-worker": "src/runtime/web-worker.ts",
    "whole-file": "src/checkpoint/whole-file.ts",
    "on-node": "src/checkpoint/on-node.ts",
    "in-page": "src/checkpoint/in-page.ts",
  },
  // Whoever bundles the package decides whether this is a page.
  external: [/^#/],
  format: ["esm"],
  dts: true,
  sourcemap: true,
  clean: true,
  target: "es2022",
});
