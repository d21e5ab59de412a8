import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { available, becomesAvailable, EFFECT_MS, exactMicros, type Journey, open } from "./stage.ts";

const SETTLED = '[data-testid="settled"] [title]';

export const journeys: Journey[] = [
  {
    name: "a streamed chat is held, answered, and settled at its exact cost",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/playground", "Playground");
      const before = await available(page);
      await ask(page, "Explain double-entry bookkeeping in two sentences.");
      const cost = await settled(page, 1);
      assert.ok(cost > 0);
      await becomesAvailable(page, before - cost);
      await ask(page, "Now in one.");
      await becomesAvailable(page, before - cost - (await settled(page, 2)));
    },
  },
  {
    name: "a stopped answer ends, and what it held comes back",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/playground", "Playground");
      const before = await available(page);
      await page.getByLabel("Model").selectOption("sandbox/long");
      await ask(page, "Go on for long.");
      await page.getByRole("button", { name: "Stop" }).click();
      await page.getByText("Stopped").waitFor();
      await open(stage, "/credits", "Credits");
      await page.getByText("0 calls running", { exact: true }).waitFor({ timeout: EFFECT_MS });
      assert.ok((await available(page)) <= before);
    },
  },
  {
    name: "what a person's calls know is written down, found, corrected, forgotten, and turned off",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/memory", "Memory");
      await writeDown(page, "I keep bees");
      await writeDown(page, "My parrot is called Polly");
      await page.getByLabel("Search").fill("PARROT");
      await remembered(page, "I keep bees").waitFor({ state: "detached" });
      await remembered(page, "My parrot is called Polly").click();
      const dialog = page.getByRole("dialog", { name: "Correct it" });
      await dialog.getByLabel("What your calls are to know").fill("My parrot is called Coco");
      await dialog.getByRole("button", { name: "Save" }).click();
      await remembered(page, "My parrot is called Coco").waitFor();
      await page.getByRole("button", { name: "Delete: My parrot is called Coco" }).click();
      await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
      await page.getByText("Nothing like that is remembered").waitFor();
      await page.getByLabel("Search").fill("");
      await remembered(page, "I keep bees").waitFor();
      const use = page.getByLabel("For calls that say nothing of it");
      await use.selectOption("user");
      await page.getByText("On", { exact: true }).waitFor();
      await use.selectOption("off");
      await page.getByText("Off", { exact: true }).waitFor();
    },
  },
  {
    name: "models: each tells whether its providers answer",
    async play(stage) {
      await open(stage, "/models", "Models");
      const row = stage.page.getByRole("row").filter({ hasText: "anthropic/claude-haiku-4.5" });
      await row.getByText("4 of 4 well").waitFor();
    },
  },
  {
    name: "usage: a failed call is under its cause, and single calls are of the time that is chosen",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/usage", "Usage");
      await page.evaluate(callFails);
      const cause = page.getByRole("button", { name: /^Upstream failed/ });
      await cause.click();
      const calls = page.getByRole("table", { name: "AI calls" });
      await calls.getByText("sandbox/error-first").first().waitFor();
      assert.equal(await calls.getByText("Settled").count(), 0);
      const asked = page.waitForRequest(/usage\/records\?/);
      await page.getByRole("button", { name: "90 days" }).click();
      const from = new URL((await asked).url()).searchParams.get("from") ?? "";
      assert.equal(Math.floor((Date.now() - Date.parse(from)) / 86_400_000), 89);
      await page.getByRole("button", { name: "Provider", exact: true }).click();
      await page.getByRole("heading", { name: "Spend per day by provider" }).waitFor();
    },
  },
  {
    name: "without credits the answer is 402 and the way to buy some",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/", "Overview");
      const home = await page.evaluate(makeEmptyOrganization);
      await open(stage, "/", "Overview");
      await switchTo(page, "Empty Ltd");
      await open(stage, "/playground", "Playground");
      await becomesAvailable(page, 0);
      await ask(page, "Anything?");
      await page.getByText("Nothing was sent to the model").waitFor();
      await page.getByRole("link", { name: "Buy credits" }).click();
      await page.getByRole("dialog", { name: "Buy credits" }).waitFor();
      await open(stage, "/", "Overview");
      await switchTo(page, home);
    },
  },
];

export async function ask(page: Page, text: string): Promise<void> {
  await page.getByLabel("Message").fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

async function writeDown(page: Page, text: string): Promise<void> {
  await page.getByRole("button", { name: "Write down" }).click();
  const dialog = page.getByRole("dialog", { name: "Write it down" });
  await dialog.getByLabel("What your calls are to know").fill(text);
  await dialog.getByRole("button", { name: "Write down" }).click();
  await remembered(page, text).waitFor();
}

const remembered = (page: Page, text: string) => page.getByRole("button", { name: `Correct: ${text}` });

/** The cost of the nth answer, once it is settled. */
export async function settled(page: Page, nth: number): Promise<number> {
  await page
    .locator(SETTLED)
    .nth(nth - 1)
    .waitFor({ timeout: EFFECT_MS });
  return exactMicros(page, SETTLED);
}

async function switchTo(page: Page, organization: string): Promise<void> {
  await page.locator("aside").getByRole("button").first().click();
  await page.getByRole("menuitem", { name: organization }).click();
  await page.locator("aside").getByRole("button", { name: organization }).waitFor();
}

/** Runs in the page, as its scripts would. */
async function callFails(): Promise<void> {
  const me = await (await fetch("/api/auth/me")).json();
  const answer = await fetch("/api/llm/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json", "x-csrf-token": me.session.csrf_token },
    body: JSON.stringify({ model: "sandbox/error-first", messages: [{ role: "user", content: "Fail" }] }),
  });
  if (answer.status !== 502) throw new Error(`The failing call: ${answer.status} ${await answer.text()}`);
}

/** Runs in the page, as its scripts would. Returns the name of the organization that the session is in. */
async function makeEmptyOrganization(): Promise<string> {
  const me = await (await fetch("/api/auth/me")).json();
  const answer = await fetch("/api/organizations", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-csrf-token": me.session.csrf_token,
      "idempotency-key": crypto.randomUUID(),
    },
    body: JSON.stringify({ name: "Empty Ltd", slug: "empty-ltd" }),
  });
  if (!answer.ok) throw new Error(`POST /api/organizations: ${answer.status} ${await answer.text()}`);
  return me.organization.name as string;
}
