/** @file What one program does at each hook: edits, starts, reads, derivatives, splices. */

import type { Builder, Value } from "@diopter/graph";
import { applyEdit } from "../edits/apply-edit";
import type { EditStructure } from "../edits/edits";
import { applySplice } from "../sae/apply-splice";
import type { SpliceStructure } from "../sae/splice";
import type { Hooks } from "../transformer";

export interface HookPlan {
  /** Hooks whose value is wanted by someone. */
  readonly read: ReadonlySet<string>;
  /** Hooks whose value is fed instead of computed; edits there have been applied already. */
  readonly start: ReadonlySet<string>;
  /** Hooks that something is differentiated with respect to. */
  readonly leaves: ReadonlySet<string>;
  readonly edits: readonly EditStructure[];
  /** SAEs that stand in for what the hooks above them have made of an activation. */
  readonly splices: readonly SpliceStructure[];
}

/** Carries out a plan while the transformer is being built, and remembers the value of every hook passed. */
export class HookSites implements Hooks {
  /** Before any splice. */
  readonly values = new Map<string, Value>();
  readonly #leaving = new Map<string, Value>();
  readonly #builder: Builder;
  readonly #plan: HookPlan;
  readonly #edited: ReadonlySet<string>;
  readonly #spliced: ReadonlyMap<string, SpliceStructure>;
  readonly #sources: ReadonlySet<string>;

  constructor(builder: Builder, plan: HookPlan) {
    this.#builder = builder;
    this.#plan = plan;
    this.#edited = new Set(plan.edits.map((edit) => edit.at));
    this.#spliced = new Map(plan.splices.map((splice) => [splice.at, splice]));
    this.#sources = new Set(plan.splices.map((splice) => splice.from));
  }

  wants(name: string): boolean {
    return this.#plan.read.has(name) || this.#sources.has(name) || this.intervenes(name);
  }

  intervenes(name: string): boolean {
    const { start, leaves } = this.#plan;
    return this.#edited.has(name) || start.has(name) || leaves.has(name) || this.#spliced.has(name);
  }

  at(name: string, value: Value): Value {
    const here = this.#plain(name, value);
    const splice = this.#spliced.get(name);
    const leaving = splice ? this.#replaced(splice, here) : here;
    this.#leaving.set(name, leaving);
    return leaving;
  }

  #replaced(splice: SpliceStructure, here: Value): Value {
    const source = splice.from === splice.at ? here : this.#leaving.get(splice.from);
    if (!source) throw new RangeError(`splice: "${splice.from}" is not computed in this view`);
    return applySplice(this.#builder, this, splice, source, here);
  }

  /** The value of a hook after edits, before splices. */
  #plain(name: string, value: Value): Value {
    const b = this.#builder;
    if (this.#plan.start.has(name))
      return this.#keep(name, b.input(name, value.dtype, value.shape));
    const edited = this.#plan.edits.reduce(
      (x, edit, index) => (edit.at === name ? applyEdit(b, x, edit, index) : x),
      value,
    );
    // A leaf is a value of its own, so that code which compares it with what entered does not differentiate that too.
    const leaf = this.#plan.leaves.has(name) && edited === value ? b.identity(value) : edited;
    return this.#keep(name, this.wants(name) ? b.named(name, leaf) : leaf);
  }

  #keep(name: string, value: Value): Value {
    this.values.set(name, value);
    return value;
  }
}
