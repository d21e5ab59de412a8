/** Prices of plans that pay another markup than everybody. Pure. */
import type { LineRow, ProviderRow } from "./store.ts";

/**
 * Each plan's lines. Their versions name the version that they come from, the plan and its markup, so that the same name is
 * the same price for ever.
 */
export function planLines<L extends LineRow>(
  lines: readonly L[],
  providers: readonly Pick<ProviderRow, "id" | "plan_markups">[],
): Map<string, L[]> {
  const markups = new Map(providers.map(({ id, plan_markups: percents }) => [id, percents]));
  const plans = new Set(providers.flatMap(({ plan_markups: percents }) => Object.keys(percents)));
  return new Map(
    [...plans].map((plan) => [
      plan,
      lines.map((line): L => {
        const percent = markups.get(line.provider)?.[plan];
        if (percent === undefined) return line;
        return { ...line, version: `${line.version}+${plan}@${percent}`, markup_percent: percent };
      }),
    ]),
  );
}
