/** What a bench must show, and whether it does. Pure. */

/** The figures of one round, by name. */
export type Round = Readonly<Record<string, number>>;

export type Judgement = {
  name: string;
  of(round: Round): number;
  /** At least, at most, or only told. */
  least?: number;
  most?: number;
  unit: "x" | "ms" | "";
};

export type Row = {
  name: string;
  unit: Judgement["unit"];
  median: number;
  min: number;
  max: number;
  rounds: number[];
  bound: string;
  verdict: "ok" | "FAILED" | "unstable" | "told" | "ran" | "not run";
};

/** A spread beyond this says nothing about either side. */
const STABLE = 3;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** With `bounds` false nothing is judged: a row that has figures ran. */
export function judge(judgement: Judgement, rounds: readonly Round[], bounds: boolean): Row {
  const { name, unit, least, most } = judgement;
  const values = rounds.map((round) => judgement.of(round));
  const row = { name, unit, median: median(values), min: Math.min(...values), max: Math.max(...values) };
  const bound = least !== undefined ? `>= ${least}` : most !== undefined ? `<= ${most}` : "";
  return { ...row, rounds: values, bound, verdict: verdictOf(judgement, row, bounds) };
}

function verdictOf(
  { least, most, unit }: Judgement,
  { median: middle, min, max }: Pick<Row, "median" | "min" | "max">,
  bounds: boolean,
): Row["verdict"] {
  if (!Number.isFinite(middle)) return "not run";
  if (least === undefined && most === undefined) return "told";
  if (!bounds) return "ran";
  if (least !== undefined && middle < least) return "FAILED";
  if (most !== undefined && middle > most) return "FAILED";
  // A difference of two latencies may be near zero: its spread as a ratio means nothing.
  return unit === "x" && max > STABLE * min ? "unstable" : "ok";
}

export function table(rows: readonly Row[]): string {
  const number = (value: number) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2));
  const lines = rows.map(({ name, unit, median: middle, min, max, bound, verdict }) =>
    [
      name.padEnd(46),
      `${number(middle)}${unit}`.padStart(10),
      `${number(min)}-${number(max)}`.padStart(17),
      bound.padStart(9),
      ` ${verdict}`,
    ].join(" "),
  );
  const head = [
    "".padEnd(46),
    "median".padStart(10),
    "min-max".padStart(17),
    "bound".padStart(9),
    " verdict",
  ];
  return [head.join(" "), ...lines].join("\n");
}
