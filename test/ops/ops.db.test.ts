/** The files in `ops/` name what the product measures, and runbooks that exist. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { root } from "../../local/project.ts";
import { startTestApp, type TestApp } from "../harness/app.ts";
import { faultsOf, type Known } from "./expressions.ts";

const ruleFile = z.object({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string(),
          expr: z.string(),
          for: z.string().optional(),
          labels: z.strictObject({ severity: z.enum(["page", "ticket"]) }),
          annotations: z.strictObject({ summary: z.string(), runbook: z.string() }),
        }),
      ),
    }),
  ),
});
const dashboard = z.looseObject({
  title: z.string(),
  uid: z.string(),
  panels: z.array(
    z.looseObject({
      title: z.string(),
      type: z.string(),
      gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
      fieldConfig: z.looseObject({ defaults: z.looseObject({ unit: z.string() }) }),
      targets: z.array(z.looseObject({ expr: z.string(), legendFormat: z.string() })),
    }),
  ),
});

const files = (folder: string, ending: string) =>
  readdirSync(path.join(root, "ops", folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => ({ name, text: readFileSync(path.join(root, "ops", folder, name), "utf8") }));
const rules = files("prometheus", ".yml").flatMap(({ text }) =>
  ruleFile.parse(parse(text)).groups.flatMap((group) => group.rules),
);
const dashboards = files("grafana", ".json").map(({ text }) => dashboard.parse(JSON.parse(text)));

let server: TestApp;
let known: Known;
beforeAll(async () => {
  server = await startTestApp();
  known = new Map(server.app.metrics.list().map((metric) => [metric.name, metric]));
});
afterAll(() => server.close());

/** What operators of the gateway build upon. */
const GATEWAY = {
  requests_total: ["endpoint", "outcome"],
  added_seconds: [],
  first_content_seconds: [],
  attempts_total: ["provider", "outcome"],
  refused_total: ["reason"],
  settled_total: ["basis"],
  open_holds: [],
  oldest_hold_seconds: [],
  drift_ratio: ["provider"],
  breaker_state: ["provider", "state"],
  loss_micros_total: [],
  provider_credit_usd: ["provider"],
};

test("the gateway measures what it promises, under these names", () => {
  for (const [name, labels] of Object.entries(GATEWAY))
    expect({ name, labels: known.get(`holdfast_gateway_${name}`)?.labels }).toEqual({ name, labels });
});

test("every alert is about metrics and labels that exist", () => {
  expect(rules.length).toBeGreaterThan(5);
  for (const { alert, expr } of rules)
    expect({ alert, faults: faultsOf(expr, known) }).toEqual({ alert, faults: [] });
});

test.each([
  'webhook_transmission_conflicts_total{source="paypal"}',
  'webhooks_total{source="stripe",outcome="stored"}',
  'jobs_total{kind="gateway.proof",outcome="failed"}',
  'jobs_total{kind="gateway.reconcile",outcome="failed"}',
])("%s is told before it happens, else its first time is no increase", async (series) => {
  expect(await server.app.metrics.text()).toContain(`holdfast_${series} `);
});

test("every alert names a runbook that exists, and its own name once", () => {
  for (const { alert, annotations } of rules)
    expect({ alert, exists: existsSync(path.join(root, annotations.runbook)) }).toEqual({
      alert,
      exists: true,
    });
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
});

test("every panel shows metrics and labels that exist, and no two lie upon each other", () => {
  expect(dashboards.length).toBeGreaterThan(0);
  for (const { title, panels } of dashboards) {
    const cells = new Set<string>();
    for (const panel of panels) {
      for (const { expr } of panel.targets)
        expect({ title, panel: panel.title, faults: faultsOf(expr, known) }).toEqual({
          title,
          panel: panel.title,
          faults: [],
        });
      const { x, y, w, h } = panel.gridPos;
      expect(x + w).toBeLessThanOrEqual(24);
      for (let column = x; column < x + w; column += 1)
        for (let row = y; row < y + h; row += 1) {
          expect(cells.has(`${column},${row}`)).toBe(false);
          cells.add(`${column},${row}`);
        }
    }
  }
});

test("guides and runbooks name metrics and labels that exist", () => {
  const named = ["guides", "runbooks"]
    .flatMap((folder) => files(`../docs/${folder}`, ".md"))
    .flatMap(({ name, text }) =>
      [...text.matchAll(/`(holdfast_\w+)(?:\{([^}]*)\})?`/g)].map(([, metric, labels]) => ({
        name,
        metric,
        labels,
      })),
    );
  expect(named.length).toBeGreaterThan(20);
  for (const { name, metric = "", labels = "" } of named) {
    const names = labels.match(/[a-z_]+(?=[=,]|$)/g) ?? [];
    expect({ name, metric, labels: known.get(metric)?.labels }).toEqual({
      name,
      metric,
      labels: expect.arrayContaining(names),
    });
  }
});

test.each([
  ["holdfast_webhook_event > 0", "no metric holdfast_webhook_event"],
  ['holdfast_webhook_events{status="dead"}', "no label status"],
  ["sum by (region) (holdfast_webhook_events)", "no label region"],
  ["holdfast_webhook_ack_seconds", "no metric holdfast_webhook_ack_seconds"],
  ["holdfast_webhook_events_bucket", "no metric holdfast_webhook_events_bucket"],
  ["sum(holdfast_webhook_events", "not PromQL"],
  ["1 > 0", "names no metric"],
])("%s is found out", (expression, fault) => {
  expect(faultsOf(expression, known).join("\n")).toContain(fault);
});
