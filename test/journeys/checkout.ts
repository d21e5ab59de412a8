import type { Page } from "playwright-core";
import { available, EFFECT_MS, open, type Stage } from "./stage.ts";

/** What a pack of the price list brings. */
export const STARTER_MICROS = 1_000_000_000;

/** What each company's hosted page asks. */
const QUESTION = { Stripe: "Pay with card", PayPal: "Who pays?" };

/** From the Credits screen to the hosted page, by the buttons. A start that fails is tried again with the same key. */
export async function startPurchase(stage: Stage, company: keyof typeof QUESTION = "Stripe"): Promise<void> {
  const { page } = stage;
  await open(stage, "/credits", "Credits");
  await page.getByRole("button", { name: "Buy credits" }).first().click();
  await page.getByRole("dialog").getByText("Starter", { exact: true }).click();
  await page.getByRole("dialog").getByText(company, { exact: true }).click();
  const pay = page.getByRole("dialog").getByRole("button", { name: /^Pay/ });
  const failed = page.getByRole("dialog").getByRole("alert");
  const form = page.getByRole("heading", { name: QUESTION[company] });
  for (let tries = 0; tries < 10; tries += 1) {
    await pay.click();
    await form.or(failed).first().waitFor({ timeout: EFFECT_MS });
    if (await form.isVisible()) return;
  }
  throw new Error(`The purchase does not start: ${await failed.innerText()}`);
}

/** Fills the hosted page by one of its test cards, and pays. */
export async function payWith(page: Page, card: RegExp, button = /^Pay \$/): Promise<void> {
  await page.getByRole("button", { name: card }).click();
  await page.locator("#pay").getByRole("button", { name: button }).click();
}

/** Back in the console: each step ticked, the credits there. */
export async function arrives(page: Page): Promise<void> {
  await page.waitForURL(/\/credits\/return/, { timeout: EFFECT_MS });
  await page.getByText("Credits are in your balance").waitFor({ timeout: EFFECT_MS });
}

/** What the console shows in a page of its own while the first one stands at the checkout. */
export async function balanceBefore({ page, product }: Stage): Promise<number> {
  const other = await page.context().newPage();
  await other.goto(`${product.consoleUrl}/credits`);
  const micros = await available(other);
  await other.close();
  return micros;
}
