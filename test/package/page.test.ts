/** @file A page that runs models: what a bundler makes of `@diopter/model` and `/web`. */

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build as esbuild } from "esbuild";
import { type Browser, chromium } from "playwright";
import { createServer, preview, build as vite } from "vite";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { findChromium } from "../../scripts/chromium.mjs";
import { readmes } from "../readme";
import { root } from "../workspace";
import { copyOfOrtWeb, installIn, link, npm } from "./install";

const page = `
import { Model } from "@diopter/model";
import { web } from "@diopter/model/web";
globalThis.open = (files) => Model.load(files, { runtime: web() });
`;

test("esbuild's page has no Node code in it, and no runtime but the one for pages", async () => {
  const { metafile } = await esbuild({
    stdin: { contents: page, resolveDir: root },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    outdir: "page",
    write: false,
    metafile: true,
    external: ["onnxruntime-web/*"],
    logLevel: "error",
  });
  const outside = Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.filter(({ external }) => external).map(({ path }) => path),
  );
  expect([...new Set(outside)].sort()).toEqual(["onnxruntime-web/wasm", "onnxruntime-web/webgpu"]);
});

const { files } = readmes.find(({ name }) => name === "model")!;
const chromiumPath = findChromium();

describe.skipIf(!chromiumPath)("the page of the README", () => {
  const folder = join(inject("outside"), "page");
  let browser: Browser;

  beforeAll(async () => {
    mkdirSync(folder);
    npm(folder, ["init", "-y"]);
    installIn(folder, inject("tarballs"), ["@diopter/model", "@diopter/tiny-models"]);
    copyOfOrtWeb(folder);
    link("esbuild", folder);
    for (const [file, code] of Object.entries(files)) writeFileSync(join(folder, file), code);
    writeFileSync(
      join(folder, "index.html"),
      '<meta charset="utf-8"><script type="module" src="./page.js"></script>',
    );
    const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    browser = await chromium.launch({ executablePath: chromiumPath!, args });
  });
  afterAll(() => browser?.close());

  /** The title that the page gives itself, or the first error. */
  async function titleAt(url: string): Promise<string> {
    const page = await browser.newPage();
    try {
      const failed = new Promise<never>((_, reject) => page.once("pageerror", reject));
      await page.goto(url);
      await Promise.race([page.waitForFunction(() => document.title !== ""), failed]);
      return await page.title();
    } finally {
      await page.close();
    }
  }

  const settings = { root: folder, logLevel: "silent" } as const;
  const configs = [
    { config: "no settings", configFile: false },
    { config: "the README's", configFile: join(folder, "vite.config.mjs") },
  ] as const;

  test.each(configs)("runs under Vite's server with $config", async ({ configFile }) => {
    // Each finds what to optimize by itself.
    rmSync(join(folder, "node_modules/.vite"), { recursive: true, force: true });
    const server = await createServer({ ...settings, configFile, server: { port: 0 } });
    await server.listen();
    const title = await titleAt(server.resolvedUrls!.local[0]!).finally(() => server.close());
    expect(title).toBe("Apple");
  });

  /** What is in `dist`, as any server would serve it. */
  async function titleOfDist(): Promise<string> {
    const server = await preview({ ...settings, configFile: false, preview: { port: 0 } });
    return titleAt(server.resolvedUrls!.local[0]!).finally(() => server.close());
  }

  test.each(configs)("runs as Vite builds it with $config", async ({ configFile }) => {
    await vite({ ...settings, configFile });
    expect(await titleOfDist()).toBe("Apple");
  });

  test("runs as esbuild builds it", async () => {
    rmSync(join(folder, "dist"), { recursive: true, force: true });
    execFileSync(process.execPath, ["build.mjs"], { cwd: folder });
    copyFileSync(join(folder, "index.html"), join(folder, "dist/index.html"));
    expect(await titleOfDist()).toBe("Apple");
  });
});
