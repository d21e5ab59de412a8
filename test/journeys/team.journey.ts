import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { EFFECT_MS, open, type Journey, type Stage } from "./stage.ts";

const COLLEAGUE = "ok@sandbox.test";

/** A browser of its own: nobody is signed in there. */
async function colleague({ page }: Stage, play: (page: Page) => Promise<void>): Promise<void> {
  const context = await page
    .context()
    .browser()
    ?.newContext({ viewport: { width: 1280, height: 860 } });
  assert.ok(context);
  try {
    await play(await context.newPage());
  } finally {
    await context.close();
  }
}

export const journeys: Journey[] = [
  {
    name: "a colleague is invited, joins from the mail, and what their new role allows is there at once",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/team", "Team");
      await page.getByRole("button", { name: "Invite" }).click();
      await page.getByLabel("E-mail").fill(COLLEAGUE);
      await page.getByLabel("Role").selectOption("viewer");
      await page.getByRole("button", { name: "Send invitation" }).click();
      await page.getByRole("button", { name: `Withdraw ${COLLEAGUE}` }).waitFor();
      const { link } = await stage.sandbox.mailedLink(COLLEAGUE, "/invitation");
      await colleague(stage, async (theirs) => {
        await theirs.goto(link);
        await theirs.getByRole("heading", { name: /^Join / }).waitFor();
        await theirs.getByRole("button", { name: "Sign in to accept" }).click();
        await theirs.getByRole("link", { name: "Continue with Google" }).click();
        await theirs.getByRole("button", { name: /Olive Kay/ }).click();
        await theirs.getByRole("button", { name: /^Accept and open/ }).click();
        await theirs.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
        await theirs.goto(`${stage.product.consoleUrl}/team`);
        await theirs.getByRole("button", { name: "Open Olive Kay" }).waitFor();
        assert.equal(await theirs.getByRole("button", { name: "Invite" }).count(), 0);
        await page.getByRole("button", { name: "Open Olive Kay" }).waitFor({ timeout: EFFECT_MS });
        await page.getByRole("button", { name: "Open Olive Kay" }).click();
        await page.getByLabel("Role").selectOption("admin");
        // Nothing is reloaded: the change arrives by the stream.
        await theirs.getByRole("button", { name: "Invite" }).waitFor({ timeout: EFFECT_MS });
      });
      await page.getByRole("button", { name: "Remove from the organization" }).click();
      await page.getByRole("button", { name: "Remove", exact: true }).click();
      await page.getByRole("button", { name: "Open Olive Kay" }).waitFor({ state: "detached" });
    },
  },
  {
    name: "a colleague's program: a key is made, paused, rotated and revoked",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/api-keys", "API keys");
      await page.getByRole("button", { name: "Create key" }).first().click();
      await page.getByLabel("Name").fill("Journey");
      await page.getByRole("dialog").getByRole("button", { name: "Create key" }).click();
      await page.getByText("Copy it now").waitFor();
      await page.getByRole("button", { name: "Done" }).click();
      await page.getByRole("button", { name: "Open Journey" }).click();
      await page.getByRole("button", { name: "Pause" }).click();
      await page.getByRole("button", { name: "Let it go on" }).click();
      await page.getByRole("button", { name: "Rotate…" }).click();
      await page.getByRole("button", { name: "Rotate", exact: true }).click();
      await page.getByText("Copy it now").waitFor();
      await page.getByRole("button", { name: "Done" }).click();
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Revoke Journey" }).click();
      await page.getByRole("button", { name: "Revoke", exact: true }).click();
      await page.getByRole("button", { name: "Open Journey" }).waitFor({ state: "detached" });
    },
  },
];
