import type { ProviderChange } from "../../api/types.ts";

type Timeouts = NonNullable<ProviderChange["timeouts"]>;

/** Name, label and the most of each deadline. */
export const TIMEOUTS = [
  ["first_content_s", "First content", 600],
  ["json_s", "JSON answer", 3_600],
  ["stream_s", "Whole stream", 7_200],
  ["stall_s", "Silence", 600],
] as const satisfies readonly (readonly [keyof Timeouts, string, number])[];

export const textOf = (form: FormData, name: string): string => String(form.get(name) ?? "").trim();

/** A plan and its percent, as many as there are, by commas. */
export const PLAN_MARKUPS = String.raw`\s*([a-z0-9_\-]{1,40}\s+\d{1,3}\s*(,\s*|$))*`;

export const shownMarkups = (percents: Readonly<Record<string, number>>): string =>
  Object.entries(percents)
    .map(([plan, percent]) => `${plan} ${percent}`)
    .join(", ");

export function planMarkupsOf(form: FormData): Record<string, number> {
  const pairs = textOf(form, "plan_markups")
    .split(",")
    .map((pair) => pair.trim().split(/\s+/))
    .flatMap(([plan, percent]) => (plan && percent ? [[plan, Number(percent)] as const] : []));
  return Object.fromEntries(pairs);
}

/** Null where nothing was said. */
export function timeoutsOf(form: FormData): Timeouts | null {
  const said = TIMEOUTS.map(([name]) => [name, textOf(form, name)] as const).filter(
    ([, text]) => text !== "",
  );
  if (said.length === 0) return null;
  return Object.fromEntries(said.map(([name, text]) => [name, Number(text)]));
}
