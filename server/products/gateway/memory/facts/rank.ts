/** Which facts matter for what is asked: 0.6 by what they are about, or their words, 0.4 by their importance. Pure. */

const RELEVANCE = 0.6;
const IMPORTANCE = 0.4;
/** Say nothing of what a text is about. Words that deny stay: they make another fact. */
const STOP = new Set(
  "a an the and or of to in on at by for from with as is are was were be been am do does did has have had i me my mine you your yours he she it its we our they their this that these those what which who whom how when where why can could will would shall should may might must please user users".split(
    " ",
  ),
);
const WORD = /[\p{L}\p{N}]+/gu;
/** Written without spaces: looked at by pairs of signs. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]/u;

/** The words of a text that say what it is about, in one form each. */
export function wordsOf(text: string): Set<string> {
  const found = new Set<string>();
  for (const [word] of text.normalize("NFKC").toLowerCase().matchAll(WORD)) {
    if (UNSPACED.test(word))
      for (let at = 0; at === 0 || at < word.length - 1; at += 1) found.add(word.slice(at, at + 2));
    else if (!STOP.has(word)) found.add(stem(word));
  }
  return found;
}

/** One and many alike; no more is known of a language. */
const stem = (word: string): string => (/[^s]s$/.test(word) && word.length > 3 ? word.slice(0, -1) : word);

export type Ranked<T> = { item: T; relevance: number; rank: number };

/**
 * The best first; what ranks alike, the newest first. A fact is as relevant as it is near to the question, where that is known of
 * it, else as the share of the question's words that it has: of those that any fact has at all, a rare one counting more.
 */
export function rankFacts<T extends { id: string; words: ReadonlySet<string>; importance: number }>(
  asked: ReadonlySet<string>,
  facts: readonly T[],
  near: ReadonlyMap<string, number> = new Map(),
): Ranked<T>[] {
  const having = new Map<string, number>();
  for (const { words } of facts)
    for (const word of asked) if (words.has(word)) having.set(word, (having.get(word) ?? 0) + 1);
  const weight = (word: string) => Math.log(1 + facts.length / (having.get(word) ?? Infinity));
  const whole = [...having.keys()].reduce((sum, word) => sum + weight(word), 0);
  return facts
    .map((item) => {
      const shared = [...having.keys()].filter((word) => item.words.has(word));
      const share = whole === 0 ? 0 : shared.reduce((sum, word) => sum + weight(word), 0) / whole;
      const relevance = near.get(item.id) ?? share;
      return { item, relevance, rank: RELEVANCE * relevance + IMPORTANCE * item.importance };
    })
    .toSorted((a, b) => b.rank - a.rank || (a.item.id < b.item.id ? 1 : -1));
}

/** Whether two texts say the same, in whatever order and small words. */
export const saysTheSame = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  a.size > 0 && a.size === b.size && a.isSubsetOf(b);
