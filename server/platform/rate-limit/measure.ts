/** Amounts within a sliding window, e.g. tokens a minute: what is taken may be more than one, and corrected afterwards. Pure. */

/** `amount` of what this subject may take within any `seconds`. An amount above the limit counts as the whole limit. */
export type Measure = {
  readonly name: string;
  readonly subject: string;
  readonly limit: number;
  readonly seconds: number;
  readonly amount: number;
};

/** One measure before anything is taken. */
export type Gauged = {
  used: number;
  /** Until there is room for the amount, 0 where there is. */
  freesInSeconds: number;
};

/** What was taken in each second, oldest first. A second counts until all of it lies outside the window. */
export type Bucket = { second: number; amount: number };

/** Where amounts are kept. `second` is the one that was taken in. */
export type Measures = {
  count(measures: readonly Measure[], take: boolean): Promise<{ second: number; gauged: Gauged[] }>;
  add(measure: Measure, second: number, amount: number): Promise<void>;
};

export const amountOf = ({ amount, limit }: Measure): number => Math.min(amount, limit);

/** Without the buckets that lie outside the window. */
export const inWindow = (buckets: readonly Bucket[], seconds: number, second: number): Bucket[] =>
  buckets.filter((bucket) => bucket.second + seconds >= second);

/** Whether there is room, and from when on. `buckets` are those of the window. */
export function gauge(measure: Measure, buckets: readonly Bucket[], second: number): Gauged {
  const used = buckets.reduce((sum, { amount }) => sum + amount, 0);
  let over = used + amountOf(measure) - measure.limit;
  let freesInSeconds = 0;
  for (const bucket of buckets) {
    if (over <= 0) break;
    over -= bucket.amount;
    freesInSeconds = bucket.second + measure.seconds + 1 - second;
  }
  return { used, freesInSeconds };
}

/** The place of the measure that refuses for the longest; null when all have room. */
export function refusing(gauged: readonly Gauged[]): number | null {
  let worst: number | null = null;
  let longest = 0;
  for (const [at, { freesInSeconds }] of gauged.entries())
    if (freesInSeconds > longest) {
      longest = freesInSeconds;
      worst = at;
    }
  return worst;
}
