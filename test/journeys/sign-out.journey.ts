import type { Journey } from "./stage.ts";
import { open } from "./stage.ts";

export const journeys: Journey[] = [
  {
    name: "signing out ends the session",
    async play(stage) {
      const { page, product } = stage;
      await open(stage, "/", "Overview");
      await page.locator("aside").getByRole("button").first().click();
      await page.getByRole("menuitem", { name: "Sign out" }).click();
      await page.waitForURL(/\/sign-in/);
      await page.goto(`${product.consoleUrl}/credits`);
      await page.waitForURL(/\/sign-in\?next=/);
    },
  },
];
