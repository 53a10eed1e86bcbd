import { configDefaults, defineConfig } from "vitest/config";

const source = "@diopter/source";
const conditions = [source, "module", "node", "development|production"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: [source] } },
  test: {
    name: "node",
    include: ["{packages,apps}/*/test/**/*.test.ts", "test/*.test.ts"],
    // Those run in a browser: test/browser/vitest.config.ts.
    exclude: [...configDefaults.exclude, "packages/*/test/web/**"],
    setupFiles: ["test/setup.ts"],
    // Generous, since a busy machine is slow and a hang ends all the same.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // onnxruntime-node sessions are native: a process per worker keeps a crash in one file from taking the others.
    pool: "forks",
    maxWorkers: 2,
  },
});
