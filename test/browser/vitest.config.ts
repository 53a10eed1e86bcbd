import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { findChromium, HOW_TO_INSTALL } from "../../scripts/chromium.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const executablePath = findChromium();
if (!executablePath) throw new Error(HOW_TO_INSTALL);

const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};
// A GPU in software: slow, and what it computes is what a browser without one can show.
const softwareGpu = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
];

interface Settings {
  readonly device: "wasm" | "webgpu";
  readonly threads?: number;
  readonly headers?: Record<string, string>;
  readonly args?: readonly string[];
}

/** The same test files, in one browser. */
function project(name: string, settings: Settings): TestProjectInlineConfiguration {
  const { device, threads, headers = {}, args = [] } = settings;
  const noSandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return {
    root,
    resolve: { conditions: ["@diopter/source", "module", "browser", "development|production"] },
    optimizeDeps: { exclude: ["onnxruntime-web"] },
    server: { headers },
    test: {
      name,
      include: ["packages/*/test/web/*.test.ts"],
      setupFiles: ["test/setup.ts"],
      globalSetup: ["packages/model/test/hub/serve-to-browser.ts"],
      testTimeout: 120_000,
      provide: { web: { device, ...(threads && { threads }) } },
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        fileParallelism: false,
        provider: playwright({
          launchOptions: { executablePath: executablePath!, args: [...noSandbox, ...args] },
        }),
        instances: [{ browser: "chromium" }],
      },
    },
  };
}

/** Tests that need a browser: wasm in a page that may have threads and in one that may not, and WebGPU. */
export default defineConfig({
  test: {
    projects: [
      project("wasm with threads", { device: "wasm", threads: 2, headers: isolation }),
      project("wasm without threads", { device: "wasm" }),
      project("webgpu", { device: "webgpu", args: softwareGpu }),
    ],
  },
});
