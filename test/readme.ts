/** @file READMEs as data: what they install, the programs they show and what these print. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { packageOf, packages, root } from "./workspace";

/** A block of `ts`: a whole program, plain JavaScript whose types hold. */
export interface Program {
  readonly code: string;
  /** The block of `text` that follows: all of its standard output. */
  readonly prints: string | undefined;
}

export interface Readme {
  /** Name of the package's folder, or `root`. */
  readonly name: string;
  readonly text: string;
  /** Packages of the first `npm install`. */
  readonly installs: readonly string[];
  readonly programs: readonly Program[];
  /** Blocks of `js` that start with their name in a comment, by it. */
  readonly files: Readonly<Record<string, string>>;
  /** Other blocks of `js`: what could come next in the first program. */
  readonly fragments: readonly string[];
}

const FILE = /^\/\/ (\S+\.m?js)\n/;

/** The README of the repository, then that of every package. */
export const readmes: readonly Readme[] = [{ name: "root", folder: root }, ...packages].map(
  ({ name, folder }) => readmeIn(name, folder),
);

function readmeIn(name: string, folder: string): Readme {
  const file = join(folder, "README.md");
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const blocks = Array.from(text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm), (block) => ({
    language: block[1]!,
    code: block[2]!,
  }));
  const codeIn = (wanted: string) =>
    blocks.flatMap(({ language, code }) => (language === wanted ? code : []));
  const install = codeIn("sh").find((code) => code.startsWith("npm install ")) ?? "";
  return {
    name,
    text,
    installs: install.split(/\s+/).filter((word) => /^(@diopter\/|diopter$|onnx)/.test(word)),
    programs: blocks.flatMap(({ language, code }, i) => {
      const next = blocks[i + 1];
      const prints = next?.language === "text" ? next.code : undefined;
      return language === "ts" ? { code, prints } : [];
    }),
    files: Object.fromEntries(
      codeIn("js").flatMap((code) => {
        const file = FILE.exec(code)?.[1];
        return file ? [[file, code]] : [];
      }),
    ),
    fragments: codeIn("js").filter((code) => !FILE.test(code)),
  };
}

/** Packages that a program imports, but for Node's own modules. */
export function importedPackages(code: string): string[] {
  const { importedFiles } = ts.preProcessFile(code, true, true);
  const names = importedFiles.map(({ fileName }) => fileName);
  return [...new Set(names.filter((name) => !name.startsWith("node:")).map(packageOf))];
}
