import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { hasNoBarriers } from "./pictures.ts";
import { EFFECT_MS, open, proveAnew, type Journey, type Stage } from "./stage.ts";

const HOOK = "journey";
const drawerOf = (page: Page): Locator => page.getByRole("dialog").first();

async function openEndpoint(stage: Stage): Promise<Locator> {
  const { page } = stage;
  await open(stage, "/relay", "Relay");
  await page.getByRole("link", { name: new RegExp(`^Endpoint .*/hooks/${HOOK}$`) }).click();
  const drawer = drawerOf(page);
  await drawer.getByRole("button", { name: "Send a test" }).waitFor();
  return drawer;
}

/** The newest message, opened. */
async function openMessage(stage: Stage, state: string): Promise<Locator> {
  const { page } = stage;
  await open(stage, "/relay", "Relay");
  const newest = page.getByRole("table", { name: "Messages" }).getByRole("link").first();
  // In the middle of the row stands a button that copies.
  await newest.click({ timeout: EFFECT_MS, position: { x: 4, y: 4 } });
  const drawer = drawerOf(page);
  await drawer.getByText(state, { exact: true }).first().waitFor({ timeout: EFFECT_MS });
  return drawer;
}

export const journeys: Journey[] = [
  {
    name: "relay: an endpoint is added, its secret is shown once, and a test arrives there, verified",
    async play(stage) {
      const { page, sandbox } = stage;
      const address = await sandbox.setHook(HOOK, { answer: "200" });
      await open(stage, "/relay", "Relay");
      await page.getByRole("button", { name: "Add an endpoint" }).first().click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Address").fill(address);
      await dialog.getByRole("button", { name: "Choose all" }).click();
      await hasNoBarriers(page, "the dialog of a new endpoint");
      await dialog.getByRole("button", { name: "Add", exact: true }).click();
      await dialog.getByText("Copy it now").waitFor();
      const secret = await dialog.getByLabel("Signing secret").innerText();
      assert.match(secret, /^whsec_/);
      await sandbox.setHook(HOOK, { answer: "200", secret });
      await dialog.getByRole("button", { name: "Done" }).click();
      const drawer = await openEndpoint(stage);
      assert.equal(await page.getByText(secret).count(), 0, "the secret is not seen again");
      await hasNoBarriers(page, "the drawer of an endpoint");
      await drawer.getByRole("button", { name: "Send a test" }).click();
      const message = await openMessage(stage, "Delivered");
      await message.getByText("Answered 200").waitFor();
      await hasNoBarriers(page, "the drawer of a message");
      const [delivery] = await sandbox.deliveries(HOOK);
      assert.equal(delivery?.verified, true, `the receiver verified it: ${delivery?.fault}`);
    },
  },
  {
    name: "relay: an endpoint that fails is plain to see; what it missed is sent once more",
    async play(stage) {
      const { page, sandbox } = stage;
      await sandbox.setHook(HOOK, { answer: "500" });
      let drawer = await openEndpoint(stage);
      await drawer.getByRole("button", { name: "Send a test" }).click();
      const message = await openMessage(stage, "Waits to retry");
      await message.getByText("Answered 500").first().waitFor();
      await open(stage, "/relay", "Relay");
      await page.getByText("An endpoint does not take its events").waitFor({ timeout: EFFECT_MS });
      drawer = await openEndpoint(stage);
      await drawer.getByText("Deliveries fail").waitFor();
      await hasNoBarriers(page, "the drawer of an endpoint that fails");
      await drawer.getByRole("button", { name: "Turn off" }).click();
      await drawer.getByText("It is turned off").waitFor();
      await openMessage(stage, "Failed");
      await sandbox.setHook(HOOK, { answer: "200" });
      drawer = await openEndpointOff(stage);
      await drawer.getByRole("button", { name: "Turn on" }).click();
      await drawer.getByRole("button", { name: "Send once more…" }).click();
      const dialog = page.getByRole("dialog", { name: "Send once more" });
      await hasNoBarriers(page, "the dialog of a replay");
      await dialog.getByRole("button", { name: "Send", exact: true }).click();
      await page.getByText(/^1 message on the way/).waitFor();
      const again = await openMessage(stage, "Delivered");
      await again.getByText("Answered 500").first().waitFor();
      await again.getByText("Answered 200").waitFor();
    },
  },
  {
    name: "relay: a rotated secret signs, and an endpoint is removed",
    async play(stage) {
      const { page, sandbox } = stage;
      await proveAnew(stage);
      let drawer = await openEndpoint(stage);
      await drawer.getByRole("button", { name: "Rotate the secret…" }).click();
      const dialog = page.getByRole("dialog", { name: "Rotate the secret" });
      await dialog.getByRole("button", { name: "Rotate", exact: true }).click();
      await dialog.getByText("Copy it now").waitFor();
      const secret = await dialog.getByLabel("Signing secret").innerText();
      await dialog.getByRole("button", { name: "Done" }).click();
      await drawer.getByText(/^signs too until/).waitFor();
      await sandbox.setHook(HOOK, { answer: "200", secret });
      const before = (await sandbox.deliveries(HOOK)).length;
      await drawer.getByRole("button", { name: "Send a test" }).click();
      await openMessage(stage, "Delivered");
      const deliveries = await sandbox.deliveries(HOOK);
      assert.equal(deliveries.length, before + 1);
      assert.equal(deliveries.at(-1)?.verified, true, "the new secret verifies");
      drawer = await openEndpoint(stage);
      await drawer.getByRole("button", { name: "Remove" }).click();
      await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
      await page.getByText("No endpoints yet").waitFor();
    },
  },
];

/** An endpoint that is turned off. */
async function openEndpointOff(stage: Stage): Promise<Locator> {
  const drawer = await openEndpoint(stage);
  await drawer.getByText("It is turned off").waitFor();
  return drawer;
}
