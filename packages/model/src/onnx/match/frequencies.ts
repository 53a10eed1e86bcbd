/** @file The base behind rotary frequencies, or the stretching that makes them of a base. */

import type { RotaryScaling } from "../../config/config";
import { near } from "./query";

export interface RotaryBase {
  readonly base: number;
  readonly scaling: RotaryScaling | undefined;
}

/**
 * Base and scaling whose frequencies are those of the file, all of them checked.
 *
 * A plain base where there is one, one factor for all (`linear`), or else a factor for each (`longrope` has them), since
 * a file holds the frequencies and not the rule that they came from.
 */
export function rotaryBase(frequencies: readonly number[], magnitude: number): RotaryBase {
  const dim = 2 * frequencies.length;
  const exponent = (i: number) => (-2 * i) / dim;
  const factor = 1 / frequencies[0]!;
  const last = frequencies.length - 1;
  const base = last === 0 ? 10000 : tidy((frequencies[last]! * factor) ** (1 / exponent(last)));
  const fits = frequencies.every((f, i) => near(f * factor, base ** exponent(i), 1e-4));
  if (fits && magnitude === 1)
    return {
      base,
      scaling: near(factor, 1, 1e-4) ? undefined : { type: "linear", factor: tidy(factor) },
    };
  const stretches = frequencies.map((f, i) => base ** exponent(i) / f);
  return {
    base,
    scaling: {
      type: "longrope",
      shortFactor: stretches,
      longFactor: stretches,
      originalContext: 1,
      attentionFactor: magnitude,
    },
  };
}

/** The whole number that a float32 computation was near. */
function tidy(x: number): number {
  const whole = Math.round(x);
  return near(whole, x, 1e-4) ? whole : x;
}
