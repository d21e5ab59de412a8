const STOP = new Set(
  "the and for are was were with this that from have has had you your not but what which who when where how why can could would should will please about into than then them they their there here one all any our out its his her she him also just only me my a an of to in on is it as be by or we i at do if so no up".split(
    " ",
  ),
);

/** Words that mean something, in lower case and without a plural s. */
export function words(text: string): string[] {
  const found = text.toLowerCase().match(/[\p{L}\p{N}]{2,40}/gu) ?? [];
  return found
    .filter((word) => !STOP.has(word))
    .map((word) => (word.length > 3 ? word.replace(/s$/, "") : word));
}

/** How many different words two texts share. */
export function overlap(a: readonly string[], b: readonly string[]): number {
  const second = new Set(b);
  return [...new Set(a)].filter((word) => second.has(word)).length;
}

/** Sentences and lines, at most 200, without list marks. */
export function sentences(text: string): string[] {
  return text
    .split(/(?<=[.!?])\s+|\n+/)
    .map((part) => part.replace(/^[\s\-*•\d.)]+(?=\D)/, "").trim())
    .filter((part) => part.length > 2)
    .slice(0, 200);
}

/** The text an instruction is about: what follows its colon or stands in its longest paragraph. */
export function longestBlock(prompt: string): string {
  const blocks = prompt.split(/\n\s*\n|:\s+/).filter((block) => block.trim() !== "");
  return blocks.toSorted((a, b) => b.length - a.length)[0]?.trim() ?? prompt;
}

/** What stands in quotation marks, or null. */
export function quoted(text: string): string | null {
  const match = /"([^"]{1,2000})"|“([^”]{1,2000})”|'([^'\n]{2,500})'(?!\w)/.exec(text);
  return match?.[1] ?? match?.[2] ?? match?.[3] ?? null;
}
