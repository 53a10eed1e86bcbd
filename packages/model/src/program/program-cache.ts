/** @file Compiled programs by what was built: bounded, the least recently used is released. */

import { sameGraph } from "@diopter/graph";
import type { BuiltProgram } from "./build-program";
import type { Program } from "./program";
import { type Request, requestKey } from "./request";

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
