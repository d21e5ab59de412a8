import { arrives, balanceBefore, payWith, STARTER_MICROS, startPurchase } from "./checkout.ts";
import { becomesAvailable, type Journey } from "./stage.ts";

export const journeys: Journey[] = [
  {
    name: "credits are bought, and the balance rises by itself",
    async play(stage) {
      const { page } = stage;
      await startPurchase(stage);
      const before = await balanceBefore(stage);
      await payWith(page, /^Pays/);
      await arrives(page);
      await becomesAvailable(page, before + STARTER_MICROS);
    },
  },
  {
    name: "a declined card changes nothing; another card then pays once",
    async play(stage) {
      const { page } = stage;
      await startPurchase(stage);
      const before = await balanceBefore(stage);
      await payWith(page, /^Declined/);
      await page.getByRole("alert").filter({ hasText: "declined" }).waitFor();
      await payWith(page, /^Pays/);
      await arrives(page);
      await becomesAvailable(page, before + STARTER_MICROS);
    },
  },
  {
    name: "3-D Secure: refused stays on the page, completed pays",
    async play(stage) {
      const { page } = stage;
      await startPurchase(stage);
      const before = await balanceBefore(stage);
      await payWith(page, /^3-D Secure …/);
      await page.getByRole("button", { name: "Fail" }).click();
      await page.getByRole("alert").waitFor();
      await payWith(page, /^3-D Secure …/);
      await page.getByRole("button", { name: "Complete" }).click();
      await arrives(page);
      await becomesAvailable(page, before + STARTER_MICROS);
    },
  },
  {
    name: "cancelling comes back with nothing bought",
    async play(stage) {
      const { page } = stage;
      await startPurchase(stage);
      const before = await balanceBefore(stage);
      await page.getByRole("link", { name: /Cancel/ }).click();
      await page.getByRole("heading", { level: 1, name: "Credits" }).waitFor();
      await becomesAvailable(page, before);
    },
  },
];
