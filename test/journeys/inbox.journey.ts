import assert from "node:assert/strict";
import type { Locator } from "playwright-core";
import { available, EFFECT_MS, type Journey, open } from "./stage.ts";

export const journeys: Journey[] = [
  {
    name: "a payment leads to its own events",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/payments", "Payments");
      await page
        .getByRole("link", { name: /succeeded$/ })
        .first()
        .click();
      await page.getByRole("dialog").getByRole("link", { name: "Webhook events" }).click();
      await page
        .getByRole("link", { name: /^payment_intent\.succeeded, processed/ })
        .first()
        .waitFor();
      const charges = page.getByRole("link", { name: /^charge\.succeeded/ });
      assert.equal(await charges.count(), 1, "no other payment's events are listed");
      await page.getByRole("button", { name: /^Only pi_/ }).click();
      await charges.nth(1).waitFor();
    },
  },
  {
    name: "the inbox says so where no event was finished, instead of a plot of nothing",
    async play(stage) {
      const { page } = stage;
      const hours = "**/api/admin/events/hours**";
      await page.route(hours, (route) => route.fulfill({ json: { data: [] } }));
      await open(stage, "/inbox", "Inbox");
      await page.getByText("No event was finished in this time").waitFor();
      await page.unroute(hours);
    },
  },
  {
    name: "the inbox lists events with state, attempts and effects, and replaying one changes nothing twice",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/inbox?state=processed", "Inbox");
      const before = await available(page);
      await page
        .getByRole("link", { name: /, processed, .*transaction/ })
        .first()
        .click();
      const drawer = page.getByRole("dialog");
      await drawer.getByRole("link", { name: "Open the transaction" }).first().waitFor();
      await drawer.getByRole("button", { name: "Show" }).click();
      await drawer.getByText('"object": "event"').waitFor();
      await drawer.getByRole("button", { name: "Replay" }).click();
      await page.getByRole("alertdialog").getByRole("button", { name: "Replay" }).click();
      await page.getByText("Replay started").waitFor();
      await drawer.getByText("replayed once").waitFor({ timeout: EFFECT_MS });
      await replayed(drawer, "Processed").waitFor({ timeout: EFFECT_MS });
      assert.equal(await available(page), before);
    },
  },
  {
    name: "a poison event ends dead and is replayed from the screen",
    async play(stage) {
      const { page, sandbox } = stage;
      await setMaxAttempts(stage, 2);
      await open(stage, "/payments", "Payments");
      await page
        .getByRole("link", { name: /succeeded$/ })
        .first()
        .click();
      await page.getByRole("dialog").waitFor();
      const paymentId = new URL(page.url()).pathname.split("/").at(-1) ?? "";
      await sandbox.payWrongly(paymentId);
      await open(stage, "/dead-letters", "Dead letters");
      await page
        .getByRole("link", { name: /succeeded/ })
        .first()
        .waitFor({ timeout: EFFECT_MS });
      await page
        .getByRole("link", { name: /succeeded/ })
        .first()
        .click();
      const drawer = page.getByRole("dialog");
      await drawer.getByText("Dead", { exact: true }).first().waitFor();
      await drawer.getByRole("button", { name: "Replay" }).click();
      await page.getByRole("alertdialog").getByRole("button", { name: "Replay" }).click();
      await drawer.getByText("replayed once").waitFor({ timeout: EFFECT_MS });
      await replayed(drawer, "Dead").waitFor({ timeout: EFFECT_MS });
      await setMaxAttempts(stage, 12);
    },
  },
  {
    name: "dead letters are replayed as a group, what would change is shown first, and given up for a reason",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/dead-letters", "Dead letters");
      await page
        .getByRole("button", { name: /^Replay all payment_intent/ })
        .first()
        .click();
      const drawer = page.getByRole("dialog");
      await drawer.getByText("dead: ", { exact: false }).first().waitFor({ timeout: EFFECT_MS });
      await drawer.getByRole("button", { name: "Run" }).click();
      await page.getByRole("alertdialog").getByRole("button", { name: "Run" }).click();
      await drawer.getByText("Done", { exact: true }).waitFor({ timeout: EFFECT_MS });
      await drawer.getByText(/[1-9]\d* failed/).waitFor();
      await open(stage, "/dead-letters", "Dead letters");
      const discard = page.getByRole("button", { name: /^Discard all payment_intent/ }).first();
      await discard.click();
      await page.getByRole("dialog").getByLabel("Reason").fill("Paid by hand in a journey");
      await page.getByRole("dialog").getByRole("button", { name: "Discard" }).click();
      await page.getByText(/events? discarded/).waitFor();
    },
  },
  {
    name: "an endpoint is added and its secret rolled",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/endpoints", "Endpoints");
      await page.getByRole("button", { name: "Add an endpoint" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Company", { exact: true }).selectOption("stripe");
      await dialog.getByLabel("Account", { exact: true }).fill("acct_journey");
      await dialog.getByRole("button", { name: "Add", exact: true }).click();
      await page.getByText("Endpoint added").waitFor();
      for (const secret of ["whsec_journey_secret_one", "whsec_journey_secret_two"]) {
        await page
          .getByRole("dialog")
          .getByRole("button", { name: /^(Add|Roll)$/ })
          .click();
        await page.getByLabel("Secret", { exact: true }).fill(secret);
        await page
          .getByRole("dialog", { name: /secret$/ })
          .getByRole("button", { name: "Add" })
          .click();
        await page.getByText(`…${secret.slice(-4)}`).waitFor();
      }
      await page.getByText(/^until /).waitFor();
    },
  },
  {
    name: "an event that fails waits, is tried again on a moved clock, ends dead, and is replayed from the screen",
    async play(stage) {
      const { page, product, sandbox } = stage;
      await setMaxAttempts(stage, 2);
      const type = await sandbox.sendPoison(`${product.consoleUrl}/webhooks`);
      await open(stage, `/inbox?state=waiting_retry&type=${type}`, "Inbox");
      await page
        .getByRole("link", { name: new RegExp(`^${type}`) })
        .first()
        .click({ timeout: EFFECT_MS });
      const drawer = page.getByRole("dialog");
      await drawer.getByRole("listitem").filter({ hasText: "attempt 1" }).first().waitFor();
      await product.restart(RETRY_COMES_MS);
      await page.reload();
      await drawer.getByText("Dead", { exact: true }).first().waitFor({ timeout: EFFECT_MS });
      await drawer.getByRole("listitem").filter({ hasText: "attempt 2" }).first().waitFor();
      await drawer.getByRole("button", { name: "Replay" }).click();
      await page.getByRole("alertdialog").getByRole("button", { name: "Replay" }).click();
      await drawer.getByText("replayed once").waitFor({ timeout: EFFECT_MS });
      await replayed(drawer, "Waiting").waitFor({ timeout: EFFECT_MS });
      await setMaxAttempts(stage, 12);
      // Codes of an app are good for half a minute, so the clock is set right again.
      await product.restart(0);
    },
  },
];

/** The first retry comes within 75 s; companies' signatures may be five minutes old. */
const RETRY_COMES_MS = 90_000;

/** The first attempt of the first replay, with how it ended. */
const replayed = (drawer: Locator, outcome: string): Locator =>
  drawer.getByRole("listitem").filter({ hasText: "replay 1 · attempt 1" }).filter({ hasText: outcome });

async function setMaxAttempts(stage: Parameters<Journey["play"]>[0], attempts: number): Promise<void> {
  const { page } = stage;
  await open(stage, "/endpoints", "Endpoints");
  await page.getByRole("link", { name: /^Stripe .*, default$/ }).click();
  const settings = page.getByRole("dialog").getByRole("form", { name: "Settings" });
  await settings.getByLabel("Attempts before an event is dead").fill(String(attempts));
  await settings.getByRole("button", { name: "Save" }).click();
  await page.getByText("Endpoint saved").first().waitFor();
}
