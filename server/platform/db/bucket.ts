/** Lengths of time that figures are summed by; all in UTC, weeks from Monday. */
export const BUCKETS = ["day", "week", "month"] as const;
export type Bucket = (typeof BUCKETS)[number];

/** SQL of the bucket that an instant's column falls in: the day it begins with, or the month. */
export const bucketOf = (bucket: Bucket, column: string): string =>
  `to_char(date_trunc('${bucket}', ${column} at time zone 'UTC'), '${bucket === "month" ? "YYYY-MM" : "YYYY-MM-DD"}')`;
