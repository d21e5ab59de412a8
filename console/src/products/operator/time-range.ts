export const TIME_RANGES = [
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "A year" },
] as const;
export type TimeRange = (typeof TIME_RANGES)[number]["value"];

export const timeRangeOf = (days: string | undefined): TimeRange =>
  TIME_RANGES.find(({ value }) => value === days)?.value ?? "30";
