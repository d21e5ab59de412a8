import type { ControlRequest, World } from "../core/company.ts";
import { findFact, saveFact } from "./books.ts";

/** What an account chooses in Stripe's dashboard, and how slow Stripe is in this world. */
export type Settings = {
  /** What becomes of a subscription whose invoice was not paid at the last retry. */
  after_retries: "cancel" | "mark_unpaid" | "leave_past_due";
};

const DEFAULTS: Settings = { after_retries: "cancel" };

export const settingsOf = (world: World): Settings => ({
  ...DEFAULTS,
  ...findFact<Partial<Settings>>(world, "settings"),
});

/** `GET|POST /_sandbox/stripe/settings`. */
export async function controlStripe({ method, path, body, world, answer }: ControlRequest): Promise<boolean> {
  if (path !== "/settings") return false;
  if (method === "GET") answer(200, settingsOf(world));
  else if (method === "POST") changeSettings(world, body, answer);
  else return false;
  return true;
}

function changeSettings(world: World, body: unknown, answer: ControlRequest["answer"]): void {
  const given = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const names = Object.keys(given);
  const unknown = names.find((name) => !(name in DEFAULTS));
  if (names.length === 0 || unknown !== undefined) {
    return answer(422, { error: unknown === undefined ? "Nothing to set" : `No such setting: ${unknown}` });
  }
  const after = given["after_retries"];
  if (after !== undefined && !["cancel", "mark_unpaid", "leave_past_due"].includes(String(after))) {
    return answer(422, { error: "after_retries: cancel, mark_unpaid or leave_past_due" });
  }
  saveFact(world, "settings", { ...settingsOf(world), ...given });
  answer(200, settingsOf(world));
}
