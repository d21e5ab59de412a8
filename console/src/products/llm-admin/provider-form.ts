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

/** Null where nothing was said. */
export function timeoutsOf(form: FormData): Timeouts | null {
  const said = TIMEOUTS.map(([name]) => [name, textOf(form, name)] as const).filter(
    ([, text]) => text !== "",
  );
  if (said.length === 0) return null;
  return Object.fromEntries(said.map(([name, text]) => [name, Number(text)]));
}
