/** @file No option passes in silence: every public verb refuses what it has not, misses what it needs, and says so. */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { packages, root } from "./workspace";

/** A function or method that takes options, as the types have it. */
interface Verb {
  /** `logitLens`, `Model.load`, `Model#run`, `new Builder`. */
  readonly name: string;
  /** Arguments before the options. */
  readonly before: number;
  /** Name of each option, and whether it must be given. */
  readonly keys: ReadonlyMap<string, boolean>;
}

/** What takes objects that look like options and are made by code, or belongs to the platform. */
const others = [
  /Error(\.|$)/,
  /^new (ActivationCache|Scores)$/,
  /^inThread$/,
  /^(tokenSlots|meanSlots)$/,
];

/** Entry points by what people import. */
const entries = packages.flatMap(({ folder, manifest }) => {
  const { "./package.json": _, ...exports } = manifest.exports;
  return Object.entries(exports).flatMap(([entry, conditions]) => {
    // What is fetched by its address, such as a worker, is not imported.
    const source = (conditions as Record<string, string>)["@diopter/source"];
    return source ? [{ name: manifest.name + entry.slice(1), file: join(folder, source) }] : [];
  });
});

const base = ts.readConfigFile(join(root, "tsconfig.base.json"), ts.sys.readFile).config;
const { options: settings } = ts.convertCompilerOptionsFromJson(base.compilerOptions, root);
const program = ts.createProgram(
  entries.map(({ file }) => file),
  settings,
);
const checker = program.getTypeChecker();

function verbsOf(file: string): Verb[] {
  const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
  return checker.getExportsOfModule(module).flatMap((exported) => {
    const isAlias = exported.flags & ts.SymbolFlags.Alias;
    const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
    const at = symbol.valueDeclaration;
    if (!at) return [];
    const type = checker.getTypeOfSymbolAtLocation(symbol, at);
    const { name } = symbol;
    if (!(symbol.flags & ts.SymbolFlags.Class)) return calls(name, type, at);
    const methods = (of: ts.Type, mark: string) =>
      checker
        .getPropertiesOfType(of)
        .filter((member) => isPublic(member))
        .flatMap((member) =>
          calls(name + mark + member.name, checker.getTypeOfSymbolAtLocation(member, at), at),
        );
    return [
      ...calls(`new ${name}`, type, at, ts.SignatureKind.Construct),
      ...methods(type, "."),
      ...methods(checker.getDeclaredTypeOfSymbol(symbol), "#"),
    ];
  });
}

function isPublic({ name, valueDeclaration: at }: ts.Symbol): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  const flags = at ? ts.getCombinedModifierFlags(at) : 0;
  return name !== "prototype" && !name.includes("#") && (flags & hidden) === 0;
}

function calls(
  name: string,
  type: ts.Type,
  at: ts.Node,
  kind: ts.SignatureKind = ts.SignatureKind.Call,
): Verb[] {
  if (others.some((pattern) => pattern.test(name))) return [];
  return checker.getSignaturesOfType(type, kind).flatMap((signature) => {
    const isHidden =
      signature.declaration &&
      ts.getCombinedModifierFlags(signature.declaration) & ts.ModifierFlags.Private;
    if (isHidden) return [];
    return signature.parameters.flatMap((parameter, before) => {
      const keys = keysOf(checker.getTypeOfSymbolAtLocation(parameter, at), parameter.name);
      return keys ? [{ name, before, keys }] : [];
    });
  });
}

/** The keys of a parameter that is an object of options: a record of which something may be left out. */
function keysOf(type: ts.Type, parameter: string): ReadonlyMap<string, boolean> | undefined {
  const parts = (type.isUnion() ? type.types : [type]).filter(
    ({ flags }) => !(flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null)),
  );
  if (parts.length === 0 || !parts.every(isRecord)) return undefined;
  const keys = new Map<string, boolean>();
  for (const part of parts) {
    for (const key of checker.getPropertiesOfType(part)) {
      const isOptional = (key.flags & ts.SymbolFlags.Optional) !== 0;
      keys.set(key.name, (keys.get(key.name) ?? true) && !isOptional);
    }
  }
  const all = [...keys.keys()];
  for (const key of all) {
    if (!parts.every((part) => part.getProperty(key))) keys.set(key, false);
  }
  const name = (type.aliasSymbol ?? type.symbol)?.name ?? "";
  const isNamed = /(Options|Meta)$/.test(name) || parameter === "options";
  const isUnnamed = name === "__type";
  const isOpen = [...keys.values()].every((required) => !required);
  return isNamed || ((isUnnamed || isOpen) && parameter !== "model") ? keys : undefined;
}

/** Fields only: no class, list, function or map, and no dictionary of any keys. */
function isRecord(type: ts.Type): boolean {
  const properties = checker.getPropertiesOfType(type);
  const isClass = type.symbol && type.symbol.flags & ts.SymbolFlags.Class;
  return (
    (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0 &&
    properties.length > 0 &&
    !isClass &&
    !checker.isArrayLikeType(type) &&
    checker.getIndexInfosOfType(type).length === 0 &&
    checker.getSignaturesOfType(type, ts.SignatureKind.Call).length === 0 &&
    properties.every(({ flags }) => !(flags & ts.SymbolFlags.Method))
  );
}

/** The function or method itself; of a method on nothing but its prototype, since options come first. */
function called(module: Readonly<Record<string, unknown>>, name: string) {
  type Callable = (...args: unknown[]) => unknown;
  if (name.startsWith("new ")) {
    const made = module[name.slice("new ".length)] as new (...args: unknown[]) => unknown;
    return (...args: unknown[]) => new made(...args);
  }
  const [owner = "", mark, member = ""] = name.split(/([.#])/);
  if (mark === undefined) return module[owner] as Callable;
  const of = module[owner] as Readonly<Record<string, Callable>> & { readonly prototype: object };
  if (mark === ".") return (...args: unknown[]) => of[member]!(...args);
  const instance = Object.create(of.prototype) as Readonly<Record<string, Callable>>;
  return (...args: unknown[]) => instance[member]!(...args);
}

/** The message of what a verb throws, gives a rejected promise of, or yields. */
async function refusal(call: () => unknown): Promise<string> {
  try {
    const given = (await call()) as AsyncGenerator | undefined;
    await given?.next?.();
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing was refused";
}

describe.each(entries)("every verb of $name", async ({ file }) => {
  const module = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  // A class whose type alone is exported is made by others.
  const verbs = verbsOf(file).filter(({ name }) => module[/(?:new )?(\w+)/.exec(name)![1]!]);
  const run = (verb: Verb, options: unknown) =>
    refusal(() => called(module, verb.name)(...Array(verb.before).fill({}), options));
  // Where a wrong runtime would be named first.
  const runtime = { session: () => {} };

  test.runIf(verbs.length > 0)("refuses a misspelt option with the right name", async () => {
    for (const verb of verbs) {
      for (const key of verb.keys.keys()) {
        const wrong = key + key.at(-1);
        if (verb.keys.has(wrong)) continue;
        // Known ones come first: none of them may be what is refused.
        const known = Object.fromEntries([...verb.keys.keys()].map((each) => [each, undefined]));
        const options = { ...known, ...("runtime" in known && { runtime }), [wrong]: 1 };
        const message = await run(verb, options);
        expect(message, verb.name).toMatch(/: no (option|field|step) /);
        expect(message, verb.name).toContain(`"${wrong}"; did you mean "${key}"?`);
      }
    }
  });

  test.runIf(verbs.length > 0)(
    "names an option that is missing, and what is no options",
    async () => {
      for (const verb of verbs) {
        const required = [...verb.keys].flatMap(([key, isRequired]) => (isRequired ? [key] : []));
        if (required.length > 0) {
          const message = await run(verb, {});
          const named = required.some((key) => new RegExp(`\\b${key}\\b`).test(message));
          expect(named, `${verb.name}: ${message}`).toBe(true);
          expect(await run(verb, undefined), verb.name).toMatch(/: (expected|options are)/);
        }
        const message = await run(verb, function forgotten() {});
        expect(message, verb.name).toContain("the function forgotten; call it: forgotten()");
      }
    },
  );
});

test("verbs and their options are found as the types have them", () => {
  const all = entries.flatMap(({ file }) => verbsOf(file));
  expect(all.length).toBeGreaterThan(150);
  const found = new Map(all.map(({ name, keys }) => [name, keys]));
  expect([...found.get("argmax")!]).toEqual([["keepDims", false]]);
  expect(found.get("Model#gradients")!.get("wrt")).toBe(true);
  expect([...found.keys()]).toEqual(
    expect.arrayContaining(["logitLens", "Model.load", "new Builder", "PatchResult#toSVG"]),
  );
});
