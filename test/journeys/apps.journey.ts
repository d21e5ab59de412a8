import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as oauth from "openid-client";
import type { Journey, Stage } from "./stage.ts";

const CLIENT = "holdfast-vscode";
const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

const discover = ({ product }: Stage) =>
  oauth.discovery(new URL(product.consoleUrl), CLIENT, undefined, oauth.None(), {
    algorithm: "oauth2",
    execute: [oauth.allowInsecureRequests],
  });

/** What an editor does: listens on its own address until the browser comes back. */
async function listen(): Promise<{ server: Server; redirectUri: string; back: Promise<URL> }> {
  const { promise: back, resolve } = Promise.withResolvers<URL>();
  const server = createServer((request, response) => {
    response.end("Back in the app");
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    if (url.pathname === "/auth") resolve(url);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return { server, redirectUri: `http://127.0.0.1:${port}/auth`, back };
}

async function models({ product }: Stage, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${product.consoleUrl}/v1/models`, { headers })).status;
}

export const journeys: Journey[] = [
  {
    name: "an app asks for consent in the browser, gets its code at its own address, and works until it is revoked",
    async play(stage) {
      const { page } = stage;
      const app = await discover(stage);
      const { server, redirectUri, back } = await listen();
      const pkceCodeVerifier = oauth.randomPKCECodeVerifier();
      const expectedState = oauth.randomState();
      const url = oauth.buildAuthorizationUrl(app, {
        redirect_uri: redirectUri,
        scope: "gateway.use",
        state: expectedState,
        code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: "S256",
      });
      await page.goto(url.href);
      await page.getByRole("heading", { name: "Let Holdfast for VS Code in?" }).waitFor();
      await page.getByText("Call AI models and read what the calls cost").waitFor();
      await page.getByRole("button", { name: "Allow", exact: true }).click();
      const answer = new URL((await back).search, redirectUri);
      server.close();
      const tokens = await oauth.authorizationCodeGrant(app, answer, { pkceCodeVerifier, expectedState });
      assert.equal(await models(stage, tokens.access_token), 200);
      await oauth.tokenRevocation(app, tokens.refresh_token ?? "");
      assert.equal(await models(stage, tokens.access_token), 401);
      await page.goto(url.href.replace("state=", "state=again-"));
      await page.getByRole("button", { name: "Do not allow" }).waitFor();
    },
  },
  {
    name: "a device is let in by the code that is typed by hand, on a page that names it and where it asks from",
    async play(stage) {
      const { page, product } = stage;
      const app = await discover(stage);
      const asked = await oauth.initiateDeviceAuthorization(app, { scope: "gateway.use" });
      assert.equal(asked.verification_uri, `${product.consoleUrl}/device`);
      await page.goto(asked.verification_uri);
      await page.getByLabel("Code").fill("BBBB-BBBB");
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByText("No device waits for this code").waitFor();
      await page.getByLabel("Code").fill(asked.user_code.toLowerCase());
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "Let Holdfast for VS Code in?" }).waitFor();
      await page.getByText("127.0.0.1", { exact: true }).waitFor();
      await page.getByRole("button", { name: "Allow", exact: true }).click();
      await page.getByText("Go back to your device").waitFor();
      const tokens = await oauth.genericGrantRequest(app, DEVICE_GRANT, { device_code: asked.device_code });
      assert.equal(await models(stage, tokens.access_token), 200);
      await page.goto(`${product.consoleUrl}/security`);
      await page.getByRole("button", { name: "End Holdfast for VS Code" }).first().click();
      await page.getByRole("button", { name: "End", exact: true }).click();
      await page.getByText("No app is let in").waitFor();
      assert.equal(await models(stage, tokens.access_token), 401);
    },
  },
];
