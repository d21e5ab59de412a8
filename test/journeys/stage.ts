import type { Page } from "playwright-core";
import { createDb, withSystemTx } from "../../server/platform/db/index.ts";
import type { Product } from "./product.ts";
import type { Sandbox } from "./sandbox.ts";

/** What every journey plays on: one signed-in browser page, the product, and the sandbox's levers. */
export type Stage = { page: Page; product: Product; sandbox: Sandbox };

export type Journey = { name: string; play(stage: Stage): Promise<void> };

/** Effects cross two companies, a webhook and the stream; with faults on, a few retries too. */
export const EFFECT_MS = 30_000;

/** Opens a screen of the console and waits until its heading stands. */
export async function open({ page, product }: Stage, path: string, heading: string): Promise<void> {
  await page.goto(product.consoleUrl + path);
  await page.getByRole("heading", { level: 1, name: heading }).waitFor();
}

/** Available micro-credits, as the top bar shows them. */
export async function available(page: Page): Promise<number> {
  const shown = page.locator("header [data-micros]").first();
  await shown.waitFor();
  return Number(await shown.getAttribute("data-micros"));
}

/** Waits until the top bar shows exactly this, by itself: nothing is reloaded. */
export async function becomesAvailable(page: Page, micros: number, timeout = EFFECT_MS): Promise<void> {
  const shown = page.locator(`header [data-micros="${micros}"]`).first();
  try {
    await shown.waitFor({ timeout });
  } catch (cause) {
    throw new Error(`The balance should become ${micros}, it is ${await available(page)}`, { cause });
  }
}

/** The exact micro-credits of the title of an amount: `31,950 micro-credits`. */
export async function exactMicros(page: Page, selector: string): Promise<number> {
  const title = await page.locator(selector).last().getAttribute("title");
  const micros = /^([\d,]+) micro-credits$/.exec(title ?? "")?.[1];
  if (!micros) throw new Error(`${selector} has no exact amount: ${title}`);
  return Number(micros.replaceAll(",", ""));
}

/** The proof of the person's own sign-in lasts ten minutes; the journeys before this one may have taken longer. */
export async function proveAnew({ product }: Stage): Promise<void> {
  const db = createDb({ url: product.databaseUrl, max: 1 });
  await withSystemTx(db, (tx) =>
    tx.query("journey_prove", "update identity.sessions set proven_at = now() where ended_at is null"),
  ).finally(() => db.close());
}
