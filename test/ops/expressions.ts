/** Which metrics and labels a PromQL expression names, and what is wrong with them. */
import { parser } from "@prometheus-io/lezer-promql";

export type Known = ReadonlyMap<string, { type: string; labels: readonly string[] }>;

const PARTS = { _bucket: ["le"], _sum: [], _count: [] } as const;
/** Labels that Prometheus itself adds to what it scrapes. */
const SCRAPED = ["job", "instance"];

/** Empty when every metric exists and bears every label that is matched or grouped by. Grafana's `$__rate_interval` stands for 5m. */
export function faultsOf(expression: string, known: Known): string[] {
  const text = expression.replaceAll("$__rate_interval", "5m");
  const names: string[] = [];
  const labels: string[] = [];
  const faults: string[] = [];
  parser.parse(text).iterate({
    enter({ name, from, to, type }) {
      const word = text.slice(from, to);
      if (type.isError) faults.push(`not PromQL at ${from}: ${text}`);
      if (name === "Identifier") names.push(word);
      if (name === "LabelName") labels.push(word);
    },
  });
  const borne = new Set<string>(SCRAPED);
  for (const name of names) {
    const found = labelsOf(name, known);
    if (!found) faults.push(`no metric ${name}`);
    for (const label of found ?? []) borne.add(label);
  }
  for (const label of labels) if (!borne.has(label)) faults.push(`no label ${label}: ${text}`);
  if (names.length === 0) faults.push(`names no metric: ${text}`);
  return faults;
}

function labelsOf(name: string, known: Known): readonly string[] | null {
  const own = known.get(name);
  if (own) return own.type === "histogram" ? null : own.labels;
  for (const [suffix, added] of Object.entries(PARTS)) {
    const base = name.endsWith(suffix) ? known.get(name.slice(0, -suffix.length)) : undefined;
    if (base?.type === "histogram") return [...base.labels, ...added];
  }
  return null;
}
