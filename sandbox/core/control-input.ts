import { z } from "zod";
import { parseDuration } from "./clock.ts";
import type { Company } from "./company.ts";
import { CALL_FAULTS, WEBHOOK_FAULTS } from "./faults.ts";
import { WORLD_NAME } from "./worlds.ts";

/** Instants a clock may be set to: 1970 to the end of 2099. */
const instant = z
  .union([z.number().int(), z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))])
  .pipe(z.number().int().min(0).max(4_102_444_800_000));
const worldName = z.string().regex(WORLD_NAME, "lower-case letters, digits and dashes, at most 40");
const httpUrl = z.url({ protocol: /^https?$/ });

export const worldInput = z.strictObject({
  name: worldName.optional(),
  seed: z.string().min(1).max(200).optional(),
  clock: z
    .union([
      z.enum(["real", "manual"]).transform((mode) => ({ mode })),
      z.strictObject({ mode: z.enum(["real", "manual"]), at: instant.optional() }),
    ])
    .optional(),
  webhook_base: httpUrl.nullable().optional(),
  recording: z.boolean().optional(),
});

export const clockInput = z
  .strictObject({
    world: z.string().optional(),
    advance: z
      .string()
      .transform((text, context) => {
        const ms = parseDuration(text);
        if (ms === null) context.addIssue({ code: "custom", message: "write 31d, 12h, 30m, 90s or 250ms" });
        return ms ?? 0;
      })
      .pipe(
        z
          .number()
          .int()
          .positive()
          .max(10 * 366 * 86_400_000),
      )
      .optional(),
    to: instant.optional(),
    mode: z.enum(["real", "manual"]).optional(),
    speed: z.number().positive().max(100_000).optional(),
  })
  .refine(
    (input) => Object.keys(input).some((key) => key !== "world"),
    "name one of advance, to, mode, speed",
  );

export const presetInput = z.strictObject({
  world: z.string().optional(),
  preset: z.enum(["calm", "rainy", "storm", "outage"]),
  company: z.string().optional(),
});

export const triggerInput = z.strictObject({
  world: z.string().optional(),
  company: z.string(),
  event: z.string(),
});

export const worldOnly = z.strictObject({ world: z.string().optional() });

/** The number parameters of a fault, with their greatest value. */
const NUMBERS: Readonly<Record<string, number>> = {
  status: 599,
  ms: 3_600_000,
  window_ms: 3_600_000,
  n: 20,
  after: 1_000_000,
  bytes: 32 * 1024 * 1024,
  bytes_per_second: 1_000_000_000,
  retry_after: 86_400,
  seconds: 10 * 366 * 86_400,
};

const paramsInput = z.record(z.string(), z.unknown()).superRefine((params, context) => {
  for (const [name, value] of Object.entries(params)) {
    const most = NUMBERS[name];
    if (most === undefined) continue;
    const least = name === "status" ? 400 : 0;
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) continue;
    context.addIssue({ code: "custom", path: [name], message: `an integer from ${least} to ${most}` });
  }
});

/** A fault as posted, checked against the kinds that exist and the companies there are. */
export function faultInput(companies: readonly Company[]) {
  const names = companies.map((company) => company.name);
  return z
    .strictObject({
      world: z.string().optional(),
      company: z.string().nullable().default(null),
      on: z.enum(["call", "webhook"]).default("call"),
      match: z
        .strictObject({
          method: z.string().max(10).optional(),
          path: z.string().max(500).optional(),
          event: z.string().max(200).optional(),
          body: z.string().max(500).optional(),
        })
        .default({}),
      fault: z.string(),
      times: z.number().int().min(1).max(1_000_000).nullable().default(null),
      probability: z.number().gt(0).max(1).nullable().default(null),
      effect: z.enum(["done", "none"]).optional(),
      params: paramsInput.default({}),
    })
    .superRefine((fault, context) => {
      if (fault.company !== null && !names.includes(fault.company)) {
        context.addIssue({ code: "custom", path: ["company"], message: `one of ${names.join(", ")}` });
      }
      const own = companies.filter((c) => fault.company === null || c.name === fault.company);
      const kinds =
        fault.on === "webhook"
          ? [...new Set([...WEBHOOK_FAULTS, ...own.flatMap((c) => c.webhooks?.faults ?? [])])]
          : [...new Set([...Object.keys(CALL_FAULTS), ...own.flatMap((c) => c.faults ?? [])])];
      if (!kinds.includes(fault.fault)) {
        context.addIssue({ code: "custom", path: ["fault"], message: `one of ${kinds.join(", ")}` });
      }
    });
}
