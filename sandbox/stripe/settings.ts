import type { ControlRequest, World } from "../core/company.ts";
import { findFact, saveFact } from "./books.ts";

/** What an account chooses in Stripe's dashboard, and how slow Stripe is in this world. */
export type Settings = {
  /** What becomes of a subscription whose invoice was not paid at the last retry. */
  after_retries: "cancel" | "mark_unpaid" | "leave_past_due";
  /** An event appears in lists so many seconds after it has happened. */
  event_list_lag_s: number;
  /** Whether an endpoint to which nothing could be delivered for three days is disabled. */
  disable_failing_endpoints: boolean;
  /** Reads of the API a second before it answers 429; 0: as many as come. */
  reads_per_second: number;
  /** What is added to prices, or is in them, where automatic tax is asked for. */
  tax_percent: number;
};

const DEFAULTS: Settings = {
  after_retries: "cancel",
  event_list_lag_s: 0,
  disable_failing_endpoints: false,
  reads_per_second: 0,
  tax_percent: 20,
};
const MAX_LAG_S = 86_400;
const MAX_READS = 10_000;
const MAX_PERCENT = 100;

export const settingsOf = (world: World): Settings => ({
  ...DEFAULTS,
  ...findFact<Partial<Settings>>(world, "settings"),
});

const CHECKS: Readonly<Record<keyof Settings, [ok: (value: unknown) => boolean, hint: string]>> = {
  after_retries: [
    (value) => ["cancel", "mark_unpaid", "leave_past_due"].includes(String(value)),
    "cancel, mark_unpaid or leave_past_due",
  ],
  event_list_lag_s: [
    (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_LAG_S,
    `an integer from 0 to ${MAX_LAG_S}`,
  ],
  disable_failing_endpoints: [(value) => typeof value === "boolean", "true or false"],
  reads_per_second: [
    (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_READS,
    `an integer from 0 to ${MAX_READS}`,
  ],
  tax_percent: [
    (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_PERCENT,
    `an integer from 0 to ${MAX_PERCENT}`,
  ],
};

/** Why the input makes no sense; null when it does. */
function faultIn(given: Record<string, unknown>): string | null {
  const names = Object.keys(given);
  if (names.length === 0) return "Nothing to set";
  for (const name of names) {
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name as keyof Settings] : undefined;
    if (check === undefined) return `No such setting: ${name}`;
    if (!check[0](given[name])) return `${name}: ${check[1]}`;
  }
  return null;
}

/** `GET|POST /_sandbox/stripe/settings`. */
export function controlSettings({ method, body, world, answer }: ControlRequest): boolean {
  if (method === "GET") answer(200, settingsOf(world));
  else if (method === "POST") {
    const given = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
    const fault = faultIn(given);
    if (fault !== null) answer(422, { error: fault });
    else {
      saveFact(world, "settings", { ...settingsOf(world), ...given });
      answer(200, settingsOf(world));
    }
  } else return false;
  return true;
}
