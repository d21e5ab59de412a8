import { checkBooks } from "./books.ts";
import { arrives, payWith, STARTER_MICROS, startPurchase } from "./checkout.ts";
import { ask, settled } from "./playground.journey.ts";
import { available, becomesAvailable, type Journey, open, type Stage } from "./stage.ts";

/** Undelivered events come again after a few seconds, and dropped answers are retried. */
const STORM_MS = 120_000;

export const journeys: Journey[] = [
  {
    name: "figures that cannot be read are dashes, and nothing goes on waiting for them",
    async play(stage) {
      const { page } = stage;
      await page.route(/\/api\/(subscriptions\/usage|tokens\/balance)/, (route) =>
        route.fulfill({ status: 500, contentType: "application/problem+json", body: "{}" }),
      );
      try {
        for (const [path, heading] of Object.entries({ "/billing": "Billing", "/credits": "Credits" })) {
          await open(stage, path, heading);
          await page.locator("main").getByText("–", { exact: true }).nth(2).waitFor();
          await page.locator("main [data-skeleton]").first().waitFor({ state: "detached" });
        }
      } finally {
        await page.unroute(/\/api\/(subscriptions\/usage|tokens\/balance)/);
      }
    },
  },
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
      await page.getByText("0 calls running", { exact: true }).waitFor({ timeout: STORM_MS });
      await checkBooks(stage);
    },
  },
  {
    name: "after the storm everything works as before",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/playground", "Playground");
      await ask(page, "Is it calm again?");
      await settled(page, 1);
    },
  },
];

/** Switched on and off on the sandbox's own page, as a person would. */
async function inStorm({ page, sandbox }: Stage, act: () => Promise<void>): Promise<void> {
  const faults = await page.context().newPage();
  const anySwitch = faults.locator('[role="switch"][aria-checked="true"]').first();
  await faults.goto(sandbox.url);
  await faults.getByRole("button", { name: "Storm" }).click();
  await anySwitch.waitFor();
  try {
    await act();
  } finally {
    await faults.getByRole("button", { name: "Calm" }).click();
    await anySwitch.waitFor({ state: "detached" });
    await faults.close();
  }
}
