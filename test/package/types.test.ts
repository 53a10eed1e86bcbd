/** @file The published types resolve, and are more than `any`, for consumers of either module resolution. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { readmes } from "../readme";
import { entries } from "./entries";

const resolutions = [
  ["bundler", ts.ModuleResolutionKind.Bundler, ts.ModuleKind.ESNext],
  ["nodenext", ts.ModuleResolutionKind.NodeNext, ts.ModuleKind.NodeNext],
] as const;

const importsOf = entries.map(
  ({ specifier }, i) => `import * as entry${i} from "${specifier}";\nexport { entry${i} };\n`,
);
/** Programs of the READMEs, and what could come next in the first of each. */
const examples = readmes.flatMap(({ name, programs, fragments }) => [
  ...programs.map(({ code }, i) => ({ file: `${name}.${i}.ts`, code: `${code}\nexport {};\n` })),
  ...fragments.map((code, i) => ({
    file: `${name}.then.${i}.ts`,
    code: followedBy(programs[0]!.code, code),
  })),
]);

/** The program with the fragment in a scope of its own. */
function followedBy(program: string, fragment: string): string {
  const imports = /^import .*;$/gm;
  const own = fragment.match(imports) ?? [];
  return `${own.join("\n")}\n${program}\n{\n${fragment.replace(imports, "")}\n}\nexport {};\n`;
}

describe.each(resolutions)("under moduleResolution %s", (_, moduleResolution, module) => {
  let program: ts.Program;
  let outside: string;

  beforeAll(() => {
    outside = inject("outside");
    writeFileSync(join(outside, "consumer.ts"), importsOf.join(""));
    for (const { file, code } of examples) writeFileSync(join(outside, file), code);
    const files = ["consumer.ts", ...examples.map(({ file }) => file)];
    program = ts.createProgram(
      files.map((file) => join(outside, file)),
      {
        moduleResolution,
        module,
        target: ts.ScriptTarget.ES2022,
        lib: ["lib.es2023.d.ts", "lib.dom.d.ts"],
        types: ["node"],
        typeRoots: [join(outside, "node_modules/@types")],
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noEmit: true,
        preserveSymlinks: true,
      },
    );
  });

  /** Errors in files whose path `matches`; declarations of third parties are theirs. */
  function errors(matches: (path: string) => boolean): string[] {
    return program
      .getSourceFiles()
      .filter(({ fileName }) => matches(fileName))
      .flatMap((file) => [
        ...program.getSyntacticDiagnostics(file),
        ...program.getSemanticDiagnostics(file),
      ])
      .map((found) => {
        const path = found.file?.fileName.slice(outside.length + 1);
        return `${path}: ${ts.flattenDiagnosticMessageText(found.messageText, "\n")}`;
      });
  }

  test("a consumer of every entry type-checks", () => {
    expect(errors((path) => path.endsWith("consumer.ts"))).toEqual([]);
  });

  test("the packages' own declarations type-check where they are installed", () => {
    expect(errors((path) => /node_modules\/(@diopter|diopter)\//.test(path))).toEqual([]);
  });

  test.each(examples)("the README's $file type-checks", ({ file }) => {
    expect(errors((path) => path.endsWith(`/${file}`))).toEqual([]);
  });

  test("declarations are read from dist, never from sources", () => {
    const ours = program
      .getSourceFiles()
      .map(({ fileName }) => fileName)
      .filter((path) => /node_modules\/(@diopter\/[^/]+|diopter)\//.test(path));
    expect(ours.length).toBeGreaterThanOrEqual(entries.length);
    expect(ours.filter((path) => !/\/dist\/[^/]+\.d\.ts$/.test(path))).toEqual([]);
  });

  test.each(entries.map(({ specifier }, i) => [specifier, i] as const))(
    "nothing that %s exports is any",
    (_specifier, i) => {
      const checker = program.getTypeChecker();
      const consumer = program.getSourceFile(join(outside, "consumer.ts"))!;
      const symbols = checker.getExportsOfModule(checker.getSymbolAtLocation(consumer)!);
      const entry = symbols.find(({ name }) => name === `entry${i}`)!;
      const namespace = checker.getAliasedSymbol(entry);
      const exported = checker.getExportsOfModule(namespace);
      expect(exported.length).toBeGreaterThan(0);
      const loose = exported.filter((symbol) => {
        const real =
          symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
        const type =
          real.flags & ts.SymbolFlags.Value
            ? checker.getTypeOfSymbol(real)
            : checker.getDeclaredTypeOfSymbol(real);
        return (type.flags & ts.TypeFlags.Any) !== 0;
      });
      expect(loose.map(({ name }) => name)).toEqual([]);
    },
  );
});
