/** The lines of a price: what each is for, and which may be left out. Pure. */

/** Their order is that of diffs and of the texts of tiers: new ones come last. */
export const LINES = [
  "input",
  "output",
  "cache_read",
  "cache_write",
  "cache_write_1h",
  "reasoning",
  "request",
  "audio_second",
  "image",
  "image_token",
  "audio_in",
  "audio_out",
  "web_search",
] as const;
export type Line = (typeof LINES)[number];

/** Lines that a price may lack, and what then counts. */
export const OWN_LINES = {
  cache_write_1h: "Of written tokens those that are kept for an hour; without it: as any written one",
  reasoning: "Of the output; without it: as any other token of it",
  image: "Per image of the prompt, beside its tokens; without it: its tokens alone",
  image_token: "Of the input the tokens of images; without it: as any other token of it",
  audio_in: "Of the input the tokens of sound; without it: no sound is taken",
  audio_out: "Of the output the tokens of sound; without it: nothing is spoken",
  web_search: "Per search of the web; without it: none is made",
} as const satisfies Partial<Record<Line, string>>;
export type OwnLine = keyof typeof OWN_LINES;

/** Exact decimals in USD per token, request, second of sound, image or search. */
export type Lines = Record<Exclude<Line, OwnLine>, string> & Partial<Record<OwnLine, string>>;

/** The same as columns have them; null: left out. */
export type PriceColumns = { [L in Exclude<Line, OwnLine> as `${L}_usd`]: string } & {
  [L in OwnLine as `${L}_usd`]: string | null;
};
export const columnOf = <L extends Line>(line: L) => `${line}_usd` as const;
export const PRICES = LINES.map(columnOf);

/** `T` of each line. */
export const eachLine = <T>(of: (line: Line) => T): Record<Line, T> =>
  Object.fromEntries(LINES.map((line) => [line, of(line)])) as Record<Line, T>;

/** The prices of a row. */
export const linesIn = (row: PriceColumns): Lines =>
  Object.fromEntries(
    LINES.flatMap((line) => {
      const usd = row[columnOf(line)];
      return usd === null ? [] : [[line, usd]];
    }),
  ) as Lines;

/** The columns of prices; what they lack is null. */
export const columnsOf = (
  prices: { [L in Line]?: string | undefined } & Pick<Lines, Exclude<Line, OwnLine>>,
) => Object.fromEntries(LINES.map((line) => [columnOf(line), prices[line] ?? null])) as PriceColumns;
