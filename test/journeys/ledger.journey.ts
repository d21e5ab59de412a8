import { checkBooks } from "./books.ts";
import { type Journey, open } from "./stage.ts";

export const journeys: Journey[] = [
  {
    name: "the ledger shows accounts and transactions that sum to zero, and proves it",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/ledger", "Ledger");
      await page.getByRole("table", { name: "Accounts" }).getByText("wallet", { exact: true }).waitFor();
      await page.getByRole("table", { name: "Transactions" }).getByRole("link").first().click();
      await page
        .getByRole("dialog")
        .getByText(/Sum \$?0\.00/)
        .first()
        .waitFor();
      await page.keyboard.press("Escape");
      await checkBooks(stage);
    },
  },
];
