/** @file Requests, the programs that they are compiled to, and the cache that finds a program again. */

import { type Graph, sameGraph } from "@diopter/graph";
import { cast, isFloat, type TensorLike } from "@diopter/tensor";
import type { ModelConfig } from "../config/config";
import type { Runtime, Session, Values } from "../runtime/runtime";
import { type PastSlots, promptFeeds, type TokenBatch } from "../text/prompt-values";
import type { FactorizedView } from "../transformer";
import type { BuiltProgram } from "./build-program";
import { checkMemory } from "./memory";
import type { Request } from "./request";

export interface ProgramRun {
  readonly tokens: TokenBatch;
  /** Numbers of edits, extensions and starts. */
  readonly feeds?: Values;
  readonly past?: PastSlots;
  readonly signal?: AbortSignal | undefined;
  /** Most bytes that the run may need, weights included. */
  readonly budget?: number | undefined;
}

/** One graph with its session, which is created at the first run. */
export class Program {
  readonly graph: Graph;
  readonly #config: ModelConfig;
  readonly #runtime: Runtime;
  readonly #weights: ReadonlyMap<string, TensorLike>;
  readonly #inputs: ReadonlySet<string>;
  #session: Promise<Session> | undefined;
  #running = 0;
  #released: (() => void)[] | undefined;

  constructor(
    graph: Graph,
    config: ModelConfig,
    runtime: Runtime,
    weights: ReadonlyMap<string, TensorLike>,
  ) {
    this.graph = graph;
    this.#config = config;
    this.#runtime = runtime;
    this.#weights = weights;
    this.#inputs = new Set(
      graph.inputs.map((input) => input.name).filter((name) => !weights.has(name)),
    );
  }

  async run({
    tokens,
    feeds = {},
    past,
    signal,
    budget,
  }: ProgramRun): Promise<Record<string, TensorLike>> {
    signal?.throwIfAborted();
    if (budget !== undefined) {
      checkMemory(
        this.graph,
        { batch: tokens.batch, pos: tokens.pos, past: past?.length ?? 0 },
        budget,
      );
    }
    const given = { ...promptFeeds(this.#config, tokens, this.#inputs, past), ...feeds };
    const wanted = Object.entries(given).filter(([name]) => this.#inputs.has(name));
    const ready = wanted.map(
      ([name, value]) => [name, inPrecision(value, this.#runtime.precision)] as const,
    );
    return this.#open((session) => session.run(Object.fromEntries(ready), { signal }));
  }

  /** Closes the session, after the runs that are under way; a later run opens another for as long as it takes. */
  async release(): Promise<void> {
    if (this.#running === 0) {
      this.#released ??= [];
      return this.#close();
    }
    return new Promise((resolve) => {
      this.#released = [...(this.#released ?? []), resolve];
    });
  }

  async #open<T>(use: (session: Session) => Promise<T>): Promise<T> {
    this.#running++;
    try {
      this.#session ??= this.#runtime.session(this.graph, this.#weights);
      const session = await this.#session.catch((error: unknown) => {
        this.#session = undefined;
        throw error;
      });
      return await use(session);
    } finally {
      this.#running--;
      if (this.#running === 0 && this.#released) {
        const waiting = this.#released;
        this.#released = [];
        await this.#close();
        for (const resolve of waiting) resolve();
      }
    }
  }

  async #close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    // One that could not be opened has told whoever ran it.
    await (await session?.catch(() => undefined))?.release();
  }
}

function inPrecision(value: TensorLike, precision: "float32" | "float64"): TensorLike {
  return isFloat(value.dtype) && value.dtype !== precision ? cast(value, precision) : value;
}

/** Numbers for functions, by identity. */
export type Identify = (fn: (...args: never[]) => unknown) => number;

/** Equal for requests that build equal graphs; functions are told apart by `identify`. */
export function requestKey(request: Request, identify: Identify): string {
  const { read = [], logits = "all", edits = [], splice = [], start = [] } = request;
  const { extension, view = "residual", past } = request;
  return JSON.stringify([
    [...read].sort(),
    logits,
    edits,
    [...start].sort(),
    extension && [identify(extension.build), extension.needs ?? [], extension.leaves ?? []],
    typeof view === "string" ? view : viewKey(view, identify),
    past,
    splice,
  ]);
}

function viewKey({ mixer, heads, mlp, norm, splitEmbedding }: FactorizedView, identify: Identify) {
  const functions = [mixer, heads, mlp, norm].map((fn) => fn && identify(fn));
  return [...functions, splitEmbedding === true];
}

/** Requests remembered per program; more mean functions that are written anew at every call. */
const REQUESTS_PER_PROGRAM = 8;

/** A program, and what the outputs of this request's extension are called in it. */
export interface CompiledRequest {
  readonly program: Program;
  readonly extended: BuiltProgram["extended"];
}

/**
 * Programs of one model.
 *
 * A request whose functions have been seen before is answered at once. Another one is built, and compiled
 * only where no program has that very graph: a name or a key that somebody wrote decides nothing.
 */
export class ProgramCache {
  readonly #programs = new Set<Program>();
  readonly #requests = new Map<string, CompiledRequest>();
  readonly #functions = new WeakMap<object, number>();
  readonly #limit: number;
  #seen = 0;

  constructor(limit: number) {
    if (!Number.isInteger(limit) || limit < 1) {
      throw new RangeError(`model: maxPrograms is ${limit}, expected a positive integer`);
    }
    this.#limit = limit;
  }

  get(
    request: Request,
    build: () => BuiltProgram,
    compile: (graph: BuiltProgram["graph"]) => Program,
  ): CompiledRequest {
    const key = requestKey(request, (fn) => this.#numberOf(fn));
    const found = this.#requests.get(key) ?? this.#built(build(), compile);
    // Re-inserting keeps maps and sets in order of use.
    this.#requests.delete(key);
    this.#requests.set(key, found);
    this.#programs.delete(found.program);
    this.#programs.add(found.program);
    if (this.#programs.size > this.#limit) this.#drop(this.#programs.values().next().value!);
    if (this.#requests.size > this.#limit * REQUESTS_PER_PROGRAM) {
      this.#requests.delete(this.#requests.keys().next().value!);
    }
    return found;
  }

  get size(): number {
    return this.#programs.size;
  }

  async clear(): Promise<void> {
    const programs = [...this.#programs];
    this.#programs.clear();
    this.#requests.clear();
    await Promise.all(programs.map((program) => program.release()));
  }

  #built(
    { graph, extended }: BuiltProgram,
    compile: (graph: BuiltProgram["graph"]) => Program,
  ): CompiledRequest {
    for (const program of this.#programs) {
      if (sameGraph(program.graph, graph)) return { program, extended };
    }
    return { program: compile(graph), extended };
  }

  #drop(program: Program): void {
    this.#programs.delete(program);
    for (const [key, request] of this.#requests) {
      if (request.program === program) this.#requests.delete(key);
    }
    void program.release();
  }

  #numberOf(fn: object): number {
    const known = this.#functions.get(fn) ?? ++this.#seen;
    this.#functions.set(fn, known);
    return known;
  }
}
