import { readFileSync, existsSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** The stops of a walk: the first file named in each numbered line. */
function stopsOf(flow: string): string[] {
  const text = readFileSync(resolve(root, "docs/flows", flow), "utf8");
  return [...text.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, file]) => file as string);
}

/** Files that `file` imports for use at run time. */
function importsOf(file: string): string[] {
  const text = readFileSync(resolve(root, file), "utf8");
  const found = [...text.matchAll(/^(?:import|export)\s(?!type\b)[^;]*?from "(\.[^"]+)"/gms)];
  return found.map(([, path]) => relative(root, resolve(root, dirname(file), path as string)));
}

/** True when `from` leads to `to` without passing through another stop. */
function leadsTo(from: string, to: string, stops: readonly string[], seen = new Set<string>()): boolean {
  for (const next of importsOf(from)) {
    if (next === to) return true;
    if (seen.has(next) || stops.includes(next) || !next.endsWith(".ts")) continue;
    seen.add(next);
    if (leadsTo(next, to, stops, seen)) return true;
  }
  return false;
}

/** Control enters modules that are handed in (sources, handlers, routes) by way of the file that wires them. */
const WIRED_BY = "server/app.ts";

test.each(["webhook-event.md", "model-call.md"])("%s: at most 12 files that exist, each once", (flow) => {
  const stops = stopsOf(flow);
  expect(stops.length).toBeLessThanOrEqual(12);
  expect(new Set(stops).size).toBe(stops.length);
  expect(stops.filter((file) => !existsSync(resolve(root, file)))).toEqual([]);
});

test.each(["webhook-event.md", "model-call.md"])(
  "%s: each stop is reached from an earlier one or wired in",
  (flow) => {
    const stops = stopsOf(flow);
    const unreached = stops.filter(
      (stop, index) =>
        index > 0 && ![WIRED_BY, ...stops.slice(0, index)].some((earlier) => leadsTo(earlier, stop, stops)),
    );
    expect(unreached).toEqual([]);
  },
);

test.each(["webhook-event.md", "model-call.md"])("%s: no stop turns back to an earlier one", (flow) => {
  const stops = stopsOf(flow);
  const back = stops.flatMap((stop, index) =>
    importsOf(stop)
      .filter((file) => stops.indexOf(file) >= 0 && stops.indexOf(file) < index)
      .map((file) => `${stop} → ${file}`),
  );
  expect(back).toEqual([]);
});
