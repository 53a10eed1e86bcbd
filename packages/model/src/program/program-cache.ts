/** @file Compiled programs by structure: bounded, the least recently used is released. */

import type { Program } from "./program";

export class ProgramCache {
  readonly #programs = new Map<string, Program>();
  readonly #limit: number;

  constructor(limit: number) {
    if (!Number.isInteger(limit) || limit < 1) {
      throw new RangeError(`model: maxPrograms is ${limit}, expected a positive integer`);
    }
    this.#limit = limit;
  }

  get(key: string, make: () => Program): Program {
    const program = this.#programs.get(key) ?? make();
    // Re-inserting keeps the map in order of use.
    this.#programs.delete(key);
    this.#programs.set(key, program);
    if (this.#programs.size > this.#limit) {
      const [oldest, unused] = this.#programs.entries().next().value!;
      this.#programs.delete(oldest);
      void unused.release();
    }
    return program;
  }

  get size(): number {
    return this.#programs.size;
  }

  async clear(): Promise<void> {
    const programs = [...this.#programs.values()];
    this.#programs.clear();
    await Promise.all(programs.map((program) => program.release()));
  }
}
