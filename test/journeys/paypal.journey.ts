import { arrives, balanceBefore, STARTER_MICROS, startPurchase } from "./checkout.ts";
import { becomesAvailable, type Journey } from "./stage.ts";

export const journeys: Journey[] = [
  {
    name: "PayPal: approved there, captured here, and the balance rises by itself",
    async play(stage) {
      const { page } = stage;
      await startPurchase(stage, "PayPal");
      const before = await balanceBefore(stage);
      await page.getByRole("button", { name: /^Approves/ }).click();
      await arrives(page);
      await page.getByText("You paid $10.00 with PayPal").waitFor();
      await becomesAvailable(page, before + STARTER_MICROS);
    },
  },
  {
    name: "PayPal: cancelling comes back with nothing bought",
    async play(stage) {
      const { page } = stage;
      await startPurchase(stage, "PayPal");
      const before = await balanceBefore(stage);
      await page.getByRole("button", { name: /^Cancel and return/ }).click();
      await page.getByRole("heading", { level: 1, name: "Credits" }).waitFor();
      await becomesAvailable(page, before);
    },
  },
];
