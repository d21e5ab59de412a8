import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { EFFECT_MS, open, proveAnew, type Journey, type Stage } from "./stage.ts";

const ADDRESS = "pia@people.example";
const PASSWORD = "Quiet Harbour 7";

/** A browser of its own, in which the person is signed in from their mail's link. */
async function signedIn(
  { page, product, sandbox }: Stage,
  play: (theirs: Page) => Promise<void>,
): Promise<void> {
  const { token } = await sandbox.mailedLink(ADDRESS, "/reset-password");
  const context = await page
    .context()
    .browser()
    ?.newContext({ viewport: { width: 1280, height: 860 } });
  assert.ok(context);
  try {
    const call = (path: string, data: object) =>
      context.request.post(`${product.consoleUrl}/api/auth/${path}`, { data });
    assert.equal((await call("password-reset/confirm", { token, password: PASSWORD })).status(), 204);
    assert.equal((await call("login", { email: ADDRESS, password: PASSWORD })).status(), 200);
    await play(await context.newPage());
  } finally {
    await context.close();
  }
}

async function act(page: Page, name: string, reason: string): Promise<void> {
  await page.getByRole("dialog").getByRole("button", { name }).click();
  const asking = page.getByRole("alertdialog");
  await asking.getByLabel("Reason").fill(reason);
  await asking.getByRole("button", { name, exact: true }).click();
}

async function openPerson(stage: Stage): Promise<void> {
  await open(stage, `/people?search=${ADDRESS}`, "People");
  await stage.page.getByRole("button", { name: "Open Pia Person" }).click();
}

export const journeys: Journey[] = [
  {
    name: "people: an operator adds a person, looks at their account without changing it, and comes back",
    async play(stage) {
      const { page } = stage;
      await proveAnew(stage);
      await open(stage, "/people", "People");
      await page.getByRole("button", { name: "Add a person" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Name").fill("Pia Person");
      await dialog.getByLabel("E-mail").fill(ADDRESS);
      await dialog.getByRole("button", { name: "Add and send the mail" }).click();
      await page.getByRole("button", { name: "Open Pia Person" }).waitFor();
      await openPerson(stage);
      await act(page, "View as", "Ticket 17");
      await page.getByText("You see what Pia Person sees.").waitFor({ timeout: EFFECT_MS });
      await page.getByRole("button", { name: "Back to my account" }).click();
      await page.getByRole("heading", { level: 1, name: "People" }).waitFor();
    },
  },
  {
    name: "people: a person who is disabled is refused at once",
    async play(stage) {
      const { page, product } = stage;
      await signedIn(stage, async (theirs) => {
        await theirs.goto(product.consoleUrl);
        await theirs.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
        await proveAnew(stage);
        await openPerson(stage);
        await act(page, "Disable", "Left the company");
        await page.getByRole("dialog").getByText("Left the company").waitFor();
        // Nothing is reloaded: the stream tells the page that its session is over.
        await theirs.getByRole("button", { name: "Sign in", exact: true }).waitFor({ timeout: EFFECT_MS });
      });
      await page.keyboard.press("Escape");
    },
  },
  {
    name: "people: the audit log tells what was done, and its chain is whole",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/audit?action=person&trails=all", "Audit log");
      await page.getByRole("button", { name: "Open person.viewed" }).first().waitFor();
      await page.getByRole("button", { name: "Open person.disabled" }).first().click();
      await page.getByRole("dialog").getByText("Left the company").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("heading", { name: "The installation's chain" }).waitFor();
      await page.getByRole("button", { name: "Verify" }).click();
      await page.getByText("The chain is whole").waitFor();
      await open(stage, "/audit", "Audit log");
      await page.getByRole("button", { name: "Verify" }).click();
      await page.getByText("The chain is whole").waitFor();
      await page.getByRole("button", { name: "Export" }).click();
      await page.getByRole("link", { name: "Download" }).waitFor({ timeout: EFFECT_MS });
    },
  },
];
