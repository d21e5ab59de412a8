/** How late reports are: `GET|POST /_sandbox/paypal/settings`. */
import { z } from "zod";
import type { ControlRequest, World } from "../../core/company.ts";

/** PayPal promises three hours. */
const MAX_DELAY_S = 3 * 3_600;

export const SETTINGS_TABLE = `
create table if not exists paypal_settings (name text primary key, value integer not null) without rowid;`;

const settingsInput = z.strictObject({
  world: z.string().optional(),
  reporting_delay_seconds: z.number().int().min(0).max(MAX_DELAY_S),
});

/** A transaction is in reports this long after it happened. */
export function reportingDelayMs(world: World): number {
  const row = world.store.get("select value from paypal_settings where name = 'reporting_delay_seconds'");
  return row === null ? 0 : Number(row["value"]) * 1000;
}

export async function controlSettings({
  method,
  path,
  body,
  world,
  answer,
}: ControlRequest): Promise<boolean> {
  if (path !== "/settings" || (method !== "GET" && method !== "POST")) return false;
  if (method === "POST") {
    const read = settingsInput.safeParse(body);
    if (!read.success) {
      const detail = `reporting_delay_seconds is an integer from 0 to ${MAX_DELAY_S}.`;
      answer(422, {
        type: "about:blank",
        title: "invalid_input",
        status: 422,
        code: "invalid_input",
        detail,
      });
      return true;
    }
    world.store.run(
      "insert or replace into paypal_settings (name, value) values ('reporting_delay_seconds', ?)",
      read.data.reporting_delay_seconds,
    );
  }
  answer(200, { reporting_delay_seconds: reportingDelayMs(world) / 1000 });
  return true;
}
