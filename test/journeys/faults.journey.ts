import { checkBooks } from "./books.ts";
import { arrives, payWith, STARTER_MICROS, startPurchase } from "./checkout.ts";
import { ask } from "./playground.journey.ts";
import { available, becomesAvailable, EFFECT_MS, type Journey, open, type Stage } from "./stage.ts";

/** Undelivered events come again after a few seconds, and dropped answers are retried. */
const STORM_MS = 120_000;

export const journeys: Journey[] = [
  {
    name: "with faults on, a purchase is credited once and the books hold",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/credits", "Credits");
      const before = await available(page);
      await inStorm(stage, async () => {
        await startPurchase(stage);
        await payWith(page, /^Pays/);
        await arrives(page);
      });
      await becomesAvailable(page, before + STARTER_MICROS, STORM_MS);
      await checkBooks(stage);
    },
  },
  {
    name: "with faults on, each call ends answered or told, and nothing stays held",
    async play(stage) {
      const { page } = stage;
      await inStorm(stage, async () => {
        await open(stage, "/playground", "Playground");
        for (let call = 1; call <= 6; call += 1) {
          await ask(page, `Say something short, number ${call}.`);
          await page
            .locator("article")
            .nth(call - 1)
            .waitFor();
          await page.getByRole("button", { name: "Send" }).waitFor({ timeout: STORM_MS });
        }
      });
      await open(stage, "/credits", "Credits");
      await page.getByText("0 calls running").waitFor({ timeout: STORM_MS });
      await checkBooks(stage);
    },
  },
  {
    name: "after the storm everything works as before",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/playground", "Playground");
      await ask(page, "Is it calm again?");
      await page.getByText("Settled").waitFor({ timeout: EFFECT_MS });
    },
  },
];

async function inStorm({ sandbox }: Stage, act: () => Promise<void>): Promise<void> {
  await sandbox.preset("storm");
  try {
    await act();
  } finally {
    await sandbox.preset("calm");
  }
}
