import assert from "node:assert/strict";
import { EFFECT_MS, open, proveAnew, type Journey } from "./stage.ts";

const DOMAIN = "acme.test";
const ADDRESS = `ann@${DOMAIN}`;

type Issuer = { issuer: string; client_id: string; client_secret: string };

export const journeys: Journey[] = [
  {
    name: "company sign-in: an owner proves a domain, and somebody of it signs in by keyboard alone",
    async play(stage) {
      const { page, product, sandbox } = stage;
      await proveAnew(stage);
      const { oidc } = (await (await fetch(`${sandbox.url}/worlds/default`)).json()) as { oidc: Issuer };
      await open(stage, "/organization", "Organization");
      await page.getByLabel("Issuer").fill(oidc.issuer);
      await page.getByLabel("Domain").fill(DOMAIN);
      await page.getByLabel("Client id").fill(oidc.client_id);
      await page.getByLabel("Client secret").fill(oidc.client_secret);
      const form = page.locator("form", { has: page.getByLabel("Issuer") });
      await form.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByText("Set this TXT record, then save again").waitFor();
      const [name = "", value = ""] = await form.locator("code").allTextContents();
      const published = await fetch(`${sandbox.url}/oidc/dns`, {
        method: "PUT",
        body: JSON.stringify({ name, txt: [value] }),
      });
      assert.equal(published.status, 200);
      await form.getByRole("button", { name: "Save and look again" }).click();
      await page.getByText("Domain proven", { exact: true }).waitFor();
      const context = await page
        .context()
        .browser()
        ?.newContext({ viewport: { width: 1280, height: 860 } });
      assert.ok(context);
      try {
        const theirs = await context.newPage();
        await theirs.goto(`${product.consoleUrl}/sign-in`);
        await theirs.getByRole("button", { name: "Use your company's sign-in" }).focus();
        await theirs.keyboard.press("Enter");
        await theirs.getByLabel("Address at your company").focus();
        await theirs.keyboard.type(ADDRESS);
        await theirs.keyboard.press("Enter");
        await theirs.getByText("This stands in for Company sign-in").waitFor();
        await theirs.getByLabel("Somebody else").fill(ADDRESS);
        await theirs.keyboard.press("Enter");
        await theirs.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
      } finally {
        await context.close();
      }
      await open(stage, "/team", "Team");
      await page.getByText(ADDRESS).filter({ visible: true }).first().waitFor({ timeout: EFFECT_MS });
      await open(stage, "/organization", "Organization");
      await page.getByRole("button", { name: "Turn off" }).click();
      await page.getByText("Company sign-in is off").waitFor();
    },
  },
];
