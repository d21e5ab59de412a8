import { payWith } from "./checkout.ts";
import { EFFECT_MS, open, type Journey } from "./stage.ts";

const CARD = "Visa ending in 3184";

export const journeys: Journey[] = [
  {
    name: "a card is kept once its bank agrees, pays through 3-D Secure at /pay, and serves the automatic top-up",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/payment-methods", "Payment methods");
      await page.getByRole("button", { name: "Add a card" }).click();
      await page.getByRole("heading", { name: "Your card" }).waitFor();
      await payWith(page, /3184$/, /^Save card/);
      await page.getByRole("button", { name: "Complete" }).click();
      await page.waitForURL(/\/payment-methods/);
      await page.getByText(CARD).first().waitFor({ timeout: EFFECT_MS });

      await open(stage, "/credits", "Credits");
      await page.getByRole("button", { name: "Buy credits" }).first().click();
      const dialog = page.getByRole("dialog");
      await dialog.getByText("Starter", { exact: true }).click();
      await dialog.getByText(CARD, { exact: true }).first().click();
      await dialog.getByRole("button", { name: /^Pay/ }).click();
      // The bank's question is left unanswered; the payment goes on at our own page.
      await page.getByRole("button", { name: "Complete" }).waitFor();
      await open(stage, "/payments", "Payments");
      await page
        .getByRole("link", { name: /requires.action$/i })
        .first()
        .click();
      await page.getByRole("link", { name: "Go on paying" }).click();
      await page.waitForURL(/\/pay\/pay_/);
      await page.getByRole("button", { name: /^Pay \$10\.00/ }).click();
      await page.getByRole("button", { name: "Complete" }).click();
      await page.waitForURL(/\/pay\/pay_/);
      await page.getByText("You paid $10.00").waitFor({ timeout: EFFECT_MS });

      await open(stage, "/credits", "Credits");
      const topUp = page.locator("section").filter({ hasText: "Automatic top-up" }).last();
      await topUp.getByLabel("Below (credits)").fill("1");
      await topUp.getByRole("button", { name: "Turn on" }).click();
      await topUp.getByText("On", { exact: true }).waitFor();
      await topUp.getByRole("button", { name: "Turn off" }).click();
      await topUp.getByText("Off", { exact: true }).waitFor();
    },
  },
];
