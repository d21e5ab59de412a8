import assert from "node:assert/strict";
import { available, type Journey } from "./stage.ts";

export const journeys: Journey[] = [
  {
    name: "a stranger is asked to sign in, and a wrong password is told",
    async play({ page, product }) {
      await page.goto(`${product.consoleUrl}/ledger`);
      await page.waitForURL(/\/sign-in\?next=/);
      await page.getByLabel("E-mail").fill("nobody@holdfast.example");
      await page.getByLabel("Password").fill("Wrong-password-1");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("alert").waitFor();
    },
  },
  {
    name: "the link of the start page signs in with one click, once",
    async play({ page, product }) {
      await page.goto(product.signInUrl);
      await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
      assert.ok(!page.url().includes("token"), "the token leaves the address");
      assert.ok((await available(page)) > 0, "the demo has credits");
      const stranger = await page.context().browser()?.newPage();
      assert.ok(stranger);
      await stranger.goto(product.signInUrl);
      await stranger.getByText("no longer works").waitFor();
      await stranger.close();
    },
  },
  {
    name: "the overview shows calls, payments and the health of the parts",
    async play({ page }) {
      await page.getByRole("table", { name: "AI calls" }).getByText("openai/gpt-4o-mini").first().waitFor();
      await page.getByRole("table", { name: "Payments" }).getByText("Succeeded").first().waitFor();
      await page.getByText("All working").waitFor();
      await page.getByRole("figure", { name: "Credits spent per day by model" }).waitFor();
    },
  },
];
