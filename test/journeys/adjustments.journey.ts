import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { personIn } from "./person.ts";
import { hasNoBarriers } from "./pictures.ts";
import {
  available,
  becomesAvailable,
  EFFECT_MS,
  open,
  proveAnew,
  type Journey,
  type Stage,
} from "./stage.ts";

const SECOND = { name: "Otto Operator", email: "otto@people.example", password: "Quiet Harbour 8" };
/** Above it, a second operator approves. */
const LARGE = "60,000";

/** The organization in which the page is signed in. */
const organizationOf = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const me = (await (await fetch("/api/auth/me")).json()) as { organization: { id: string } };
    return me.organization.id;
  });

async function give(stage: Stage, amount: string, what: "grant" | "adjustment" = "grant"): Promise<void> {
  const { page } = stage;
  await proveAnew(stage);
  await open(stage, "/adjustments", "Grants and adjustments");
  const org = await organizationOf(page);
  await page.getByRole("button", { name: "Give or take" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("What").selectOption(what);
  await dialog.getByLabel("Organization").fill(org);
  await dialog.getByLabel("Amount").fill(amount);
  await dialog.getByLabel("Reason").fill("For the journey");
  await hasNoBarriers(page, "the dialog of a grant");
  await dialog.getByRole("button", { name: /^(Give|Correct)$/ }).click();
}

export const journeys: Journey[] = [
  {
    name: "books: an operator gives credits and takes some back, exactly",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/adjustments", "Grants and adjustments");
      const before = await available(page);
      await give(stage, "12.5");
      await becomesAvailable(page, before + 12_500_000);
      await give(stage, "-2.000001", "adjustment");
      await becomesAvailable(page, before + 10_499_999);
      await give(stage, "1.0000001");
      await page.getByRole("dialog").getByText("A number with 6 places at most").waitFor();
      await page.keyboard.press("Escape");
    },
  },
  {
    name: "books: a large gift waits for a second operator, who is told on every screen and approves it",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/adjustments", "Grants and adjustments");
      const before = await available(page);
      await give(stage, LARGE);
      await page.getByText("Another operator must approve it").first().waitFor();
      await page
        .getByRole("button", { name: /^Open grant .*, pending$/ })
        .first()
        .click();
      const drawer = page.getByRole("dialog");
      await drawer.getByText("You asked for this").waitFor();
      assert.equal(await drawer.getByRole("button", { name: "Approve" }).count(), 0);
      await hasNoBarriers(page, "the drawer of a gift that waits");
      await page.keyboard.press("Escape");
      await becomesAvailable(page, before);
      await personIn(stage, { ...SECOND, operator: true }, async (theirs) => {
        await theirs.goto(stage.product.consoleUrl);
        await theirs.getByText(/waits for a second operator/).waitFor({ timeout: EFFECT_MS });
        await theirs.getByRole("link", { name: "Open adjustments" }).click();
        await theirs
          .getByRole("button", { name: /^Open grant .*, pending$/ })
          .first()
          .click();
        await theirs.getByRole("dialog").getByRole("button", { name: "Approve" }).click();
        await theirs.getByText("Approved and posted").waitFor();
      });
      await becomesAvailable(page, before + 60_000_000_000);
    },
  },
  {
    name: "books: the seals verify, and the ledger is filtered by unit, kind and day",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/seals", "Seals");
      await page.getByRole("button", { name: "Verify", exact: true }).press("Enter");
      await page.getByText(/^(All whole|No seal covers this time)$/).waitFor({ timeout: EFFECT_MS });
      await open(stage, "/ledger?unit=usd", "Ledger");
      const rows = page.getByRole("table", { name: "Transactions" }).getByRole("link");
      await rows.first().waitFor();
      assert.equal(await rows.filter({ hasText: /^Hold/ }).count(), 0);
      await page.getByLabel("Unit").selectOption("credit");
      await page.getByLabel("Kind").selectOption("grant");
      await page
        .getByRole("link", { name: /^Grant / })
        .first()
        .waitFor();
      await page.getByLabel("To day").fill("2020-01-01");
      await page.getByText("No transaction matches").waitFor();
      await page.getByRole("button", { name: "Clear" }).click();
      await rows.first().click({ position: { x: 4, y: 4 } });
      await page.getByRole("dialog").getByRole("heading", { name: "Seal" }).waitFor();
      await hasNoBarriers(page, "the drawer of a transaction");
    },
  },
  {
    name: "books: payments of all organizations, and what a sync of the plans would make",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/all-payments", "All payments");
      await page
        .getByRole("button", { name: /^Open the payment of/ })
        .first()
        .click();
      await page.getByRole("dialog").getByText("Can be refunded").waitFor();
      await hasNoBarriers(page, "the drawer of a payment");
      await open(stage, "/plan-versions", "Plan versions");
      await page.getByRole("button", { name: /^Open Free, version 1/ }).click();
      await page.getByRole("dialog").getByText("Credits a month").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Sync with the companies" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByText(/would be made/).waitFor();
      await hasNoBarriers(page, "the dialog of a sync");
      const make = dialog.getByRole("button", { name: /^Make / });
      if ((await make.count()) > 0) {
        await make.click();
        await page.getByText(/prices are there/).waitFor({ timeout: EFFECT_MS });
        await page.getByRole("button", { name: "Sync with the companies" }).click();
      }
      await page.getByText("Everything is there: nothing would be made.").waitFor();
    },
  },
  {
    name: "books: a buyer's dispute flags the customer, and stands in the timeline beside the payment",
    async play(stage) {
      const { page, sandbox } = stage;
      await open(stage, "/payments", "Payments");
      const charge = await page.evaluate(async () => {
        const { data } = (await (await fetch("/api/payments?limit=100")).json()) as {
          data: { charge_id: string | null; provider: string; status: string }[];
        };
        return data.find(({ provider, status }) => provider === "stripe" && status === "succeeded")
          ?.charge_id;
      });
      assert.ok(charge, "the demo has paid");
      await sandbox.dispute(charge);
      const disputed = page.getByRole("button", { name: /^Open the dispute of .*, needs_response$/ }).first();
      await becomesThere(stage, "/disputes?show=open", "Disputes", disputed);
      await disputed.click();
      const drawer = page.getByRole("dialog");
      await drawer.getByText("Product not received").waitFor();
      await hasNoBarriers(page, "the drawer of a dispute");
      await drawer.getByRole("link", { name: "Customer" }).click();
      await drawer.getByText("A dispute is open").waitFor();
      const timeline = drawer.getByRole("list", { name: "Timeline" });
      await timeline.getByText("Dispute", { exact: true }).first().waitFor();
      await timeline.getByText("Payment", { exact: true }).first().waitFor();
      await hasNoBarriers(page, "the drawer of a customer");
      await open(stage, "/customers?disputed=true", "Customers");
      await page
        .getByRole("link", { name: /^Customer / })
        .first()
        .waitFor();
    },
  },
];

/** Opens the screen anew until this is on it: the event has yet to arrive. */
async function becomesThere(stage: Stage, path: string, heading: string, shown: Locator): Promise<void> {
  const until = Date.now() + EFFECT_MS;
  do {
    await open(stage, path, heading);
    await stage.page.locator("[data-skeleton]").first().waitFor({ state: "detached" });
  } while (!(await shown.isVisible()) && Date.now() < until);
  await shown.waitFor();
}
