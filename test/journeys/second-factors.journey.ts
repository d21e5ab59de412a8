import assert from "node:assert/strict";
import type { BrowserContext, CDPSession, Page } from "playwright-core";
import { appCode } from "../harness/authenticator.ts";
import type { Journey, Stage } from "./stage.ts";

const STEP_MS = 30_000;

/** A browser of its own, in which nobody is signed in yet. */
async function elsewhere(
  { page }: Stage,
  play: (page: Page, context: BrowserContext) => Promise<void>,
): Promise<void> {
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

/** The browser's own authenticator, which finds its passkeys by itself and verifies its person. */
async function authenticator(page: Page): Promise<{ cdp: CDPSession; id: string }> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable", { enableUI: false });
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { cdp, id: authenticatorId };
}

const overview = (page: Page) => page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();

async function signInByPassword({ product }: Stage, page: Page): Promise<void> {
  await page.goto(`${product.consoleUrl}/sign-in`);
  await page.getByLabel("E-mail").fill(product.email);
  await page.getByLabel("Password").fill(product.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

async function keptCodes(page: Page): Promise<string[]> {
  const list = page.getByRole("list", { name: "Backup codes" });
  await list.waitFor();
  const codes = await list.getByRole("listitem").allInnerTexts();
  await page.getByRole("button", { name: "I have kept them" }).click();
  assert.equal(codes.length, 10);
  return codes;
}

/** An app shows a new code in each step; one that was used is not taken again. */
async function nextCode(secret: string, after: number): Promise<string> {
  const step = () => Math.floor(Date.now() / STEP_MS);
  // The step after the one that was used counts already, since clocks differ.
  const wanted = Math.max(step(), after + 1);
  return appCode(secret, new Date(wanted * STEP_MS));
}

export const journeys: Journey[] = [
  {
    name: "two-step verification: scan, keep the codes, sign in by app and by backup code, turn it off",
    play: (stage) =>
      elsewhere(stage, async (page) => {
        await signInByPassword(stage, page);
        await overview(page);
        await page.goto(`${stage.product.consoleUrl}/security`);
        await page.getByRole("button", { name: "Set up an app" }).click();
        await page.getByRole("img", { name: /QR code/ }).waitFor();
        const secret = (await page.getByLabel("Key", { exact: true }).innerText()).trim();
        const used = Math.floor(Date.now() / STEP_MS);
        await page.getByLabel("Code", { exact: true }).fill(appCode(secret, new Date(used * STEP_MS)));
        await page.getByRole("button", { name: "Turn on" }).click();
        const [code = ""] = await keptCodes(page);
        await page.getByText("10 left").waitFor();
        await elsewhere(stage, async (other) => {
          await signInByPassword(stage, other);
          await other.getByRole("heading", { name: "One more step" }).waitFor();
          await other.getByLabel("Code", { exact: true }).fill("000000");
          await other.getByRole("button", { name: "Go on" }).click();
          await other.getByRole("alert").waitFor();
          await other.getByLabel("Code", { exact: true }).fill(await nextCode(secret, used));
          await other.getByRole("button", { name: "Go on" }).click();
          await overview(other);
        });
        await elsewhere(stage, async (other) => {
          await signInByPassword(stage, other);
          await other.getByRole("button", { name: "Use a backup code" }).click();
          await other.getByLabel("Backup code").fill(code.toLowerCase());
          await other.getByRole("button", { name: "Go on" }).click();
          await overview(other);
        });
        await page.reload();
        await page.getByText("9 left").waitFor();
        await page.getByRole("button", { name: "Turn off" }).click();
        await page.getByRole("alertdialog").getByRole("button", { name: "Turn off" }).click();
        await page.getByText("Your password alone opens this account").waitFor();
      }),
  },
  {
    name: "passkeys: add one, sign in with the button and from the e-mail field, use it as second step, remove it",
    play: (stage) =>
      elsewhere(stage, async (page, context) => {
        const { cdp, id } = await authenticator(page);
        await signInByPassword(stage, page);
        await overview(page);
        await page.goto(`${stage.product.consoleUrl}/security`);
        await page.getByRole("button", { name: "Add a passkey" }).click();
        await page.getByLabel("Name").fill("Journey laptop");
        await page.getByRole("button", { name: "Go on" }).click();
        await keptCodes(page);
        await page.getByRole("table", { name: "Passkeys" }).getByText("Journey laptop").waitFor();
        const { credentials } = await cdp.send("WebAuthn.getCredentials", { authenticatorId: id });
        assert.equal(credentials.length, 1);
        assert.equal(credentials[0]?.isResidentCredential, true);

        // The browser offers it in the e-mail field, and its person takes the offer at once.
        await context.clearCookies();
        await page.goto(`${stage.product.consoleUrl}/sign-in`);
        await overview(page);

        // Nobody takes the offer: the button asks.
        await cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId: id, enabled: false });
        await context.clearCookies();
        const offered = page.waitForResponse("**/api/auth/passkeys/login/options");
        await page.goto(`${stage.product.consoleUrl}/sign-in`);
        await offered;
        await page.getByRole("button", { name: "Use a passkey" }).waitFor();
        // A ceremony asks for presence once, when it begins: the button's begins after its question is answered.
        await page.route("**/api/auth/passkeys/login/options", async (route) => {
          await cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId: id, enabled: true });
          await route.continue();
        });
        await page.getByRole("button", { name: "Use a passkey" }).click();
        await overview(page);
        await page.unrouteAll();

        await cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId: id, enabled: false });
        await context.clearCookies();
        await signInByPassword(stage, page);
        await page.getByRole("heading", { name: "One more step" }).waitFor();
        await cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId: id, enabled: true });
        await page.getByRole("button", { name: "Use a passkey" }).click();
        await overview(page);

        await page.goto(`${stage.product.consoleUrl}/security`);
        await page.getByRole("button", { name: "Remove Journey laptop" }).click();
        await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
        await page.getByText("No passkeys yet").waitFor();
      }),
  },
  {
    name: "a person has five sessions at most: so many sign-ins ended the first, whose page asks anew",
    async play(stage) {
      const { page, product } = stage;
      await page.goto(product.consoleUrl);
      await page.waitForURL(/\/sign-in/);
      await signInByPassword(stage, page);
      await overview(page);
    },
  },
];
