import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/index.ts", "src/tasks.ts", "src/formats.ts", "src/reproduce.ts"],
  format: ["esm"],
  dts: true,
  sourcemap: true,
  clean: true,
  target: "es2022",
});
