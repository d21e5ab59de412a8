import assert from "node:assert/strict";
import type { BrowserContext, Page } from "playwright-core";
import type { Journey, Stage } from "./stage.ts";

/** A browser of its own: nobody is signed in there. */
async function stranger({ page }: Stage, play: (page: Page, context: BrowserContext) => Promise<void>) {
  const context = await page
    .context()
    .browser()
    ?.newContext({ viewport: { width: 1280, height: 860 } });
  assert.ok(context);
  try {
    await play(await context.newPage(), context);
  } finally {
    await context.close();
  }
}

const overview = (page: Page) => page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
const withGoogle = (page: Page) => page.getByRole("link", { name: "Continue with Google" }).click();

export const journeys: Journey[] = [
  {
    name: "sign in with Google: pick who you are there, and land in an organization of your own",
    play: (stage) =>
      stranger(stage, async (page) => {
        await page.goto(`${stage.product.consoleUrl}/sign-in`);
        await withGoogle(page);
        await page.getByText("This stands in for Google").waitFor();
        await page.getByRole("button", { name: /Olive Kay/ }).click();
        await overview(page);
        await page.goto(`${stage.product.consoleUrl}/security`);
        await page.getByRole("table", { name: "Connected accounts" }).getByText("ok@sandbox.test").waitFor();
        await page.getByRole("button", { name: "Connect GitHub" }).click();
        await page.getByRole("button", { name: /Tova Emilsen/ }).click();
        await page.getByText("GitHub is connected").waitFor();
        await page.getByRole("button", { name: /^Disconnect Google/ }).click();
        await page.getByRole("button", { name: "Disconnect", exact: true }).click();
        await page.getByText("Google is disconnected").waitFor();
        await page.getByRole("button", { name: "Connect Google" }).click();
        await page.getByRole("button", { name: /Olive Kay/ }).click();
        await page.getByText("Google is connected").waitFor();
      }),
  },
  {
    name: "sign in with Google: no address that Google verified, and a no there, end on the sign-in page in words",
    play: (stage) =>
      stranger(stage, async (page) => {
        await page.goto(`${stage.product.consoleUrl}/sign-in`);
        await withGoogle(page);
        await page.getByRole("button", { name: /Uma Verity/ }).click();
        await page.getByText("Google has not verified your e-mail address").waitFor();
        await withGoogle(page);
        await page.getByRole("button", { name: /Dennis Nied/ }).click();
        await page.getByText("Google did not tell us who you are").waitFor();
      }),
  },
  {
    name: "sign in with Google: an address known here is connected after signing in as before and saying yes",
    play: (stage) =>
      stranger(stage, async (page, context) => {
        const { consoleUrl, email, password } = stage.product;
        await page.goto(`${consoleUrl}/sign-in`);
        await withGoogle(page);
        await page.getByLabel("Somebody else").fill(email);
        await page.getByRole("button", { name: "Continue" }).click();
        await page.getByText("There is an account with this address").waitFor();
        await page.getByLabel("E-mail").fill(email);
        await page.getByLabel("Password").fill(password);
        await page.getByRole("button", { name: "Sign in", exact: true }).click();
        await page.getByRole("button", { name: "Connect Google" }).click();
        await overview(page);
        await context.clearCookies();
        await page.goto(`${consoleUrl}/sign-in`);
        await withGoogle(page);
        await page.getByLabel("Somebody else").fill(email);
        await page.getByRole("button", { name: "Continue" }).click();
        await overview(page);
      }),
  },
];
