/** @file Tokens that stand in text as they are spelled, such as `<|endoftext|>`, whatever the model would make of them. */

import { escaped, type Json, outerSpace } from "./parts";

/** A stretch of text, or a token found in it. */
export type Section = string | { readonly id: number };

/** Cuts text at tokens, longest first. */
export type Splitter = (text: string) => readonly Section[];

/** A splitter at these tokens, their contents spelled as `spell` has them. */
export function createSplitter(
  added: readonly Json[],
  spell: (content: string) => string = (content) => content,
): Splitter {
  const tokens = new Map(
    added.map((token) => [spell(String(token.content)), token] as const).filter(([text]) => text),
  );
  if (tokens.size === 0) return (text) => (text === "" ? [] : [text]);
  const longestFirst = [...tokens.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(escaped).join("|"), "gu");
  return (text) => {
    const sections: Section[] = [];
    let done = 0;
    for (const { 0: found, index } of text.matchAll(pattern)) {
      const token = tokens.get(found)!;
      const [before, after] = [text.slice(done, index), text.slice(index + found.length)];
      if (index < done) continue;
      if (
        token.single_word === true &&
        (/[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]$/u.test(text.slice(0, index)) ||
          /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]/u.test(after))
      ) {
        continue;
      }
      const left = token.lstrip === true ? before.replace(outerSpace.end, "") : before;
      if (left !== "") sections.push(left);
      sections.push({ id: Number(token.id) });
      const right = token.rstrip === true ? after.replace(outerSpace.start, "") : after;
      done = text.length - right.length;
    }
    if (done < text.length) sections.push(text.slice(done));
    return sections;
  };
}
