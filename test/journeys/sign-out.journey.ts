import { type Journey, open } from "./stage.ts";

export const journeys: Journey[] = [
  {
    name: "signing out ends the session",
    async play(stage) {
      const { page, product } = stage;
      const kept = await page.context().cookies();
      await open(stage, "/", "Overview");
      await page.locator("aside").getByRole("button").first().click();
      await page.getByRole("menuitem", { name: "Sign out" }).click();
      await page.waitForURL(/\/sign-in/);
      await page.context().addCookies(kept);
      await page.goto(`${product.consoleUrl}/credits`);
      await page.waitForURL(/\/sign-in\?next=/);
    },
  },
  {
    name: "the password signs in and leads to where one wanted to go; a session that ends leads back to the sign-in",
    async play({ page, product }) {
      await page.getByLabel("E-mail").fill(product.email);
      await page.getByLabel("Password").fill(product.password);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("heading", { level: 1, name: "Credits" }).waitFor();
      await page.context().clearCookies();
      await page.getByRole("link", { name: "Models" }).click();
      await page.waitForURL(/\/sign-in\?next=/);
      await page.getByRole("button", { name: "Sign in" }).waitFor();
    },
  },
];
