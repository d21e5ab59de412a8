/** What native apps ask for, waiting for a person's word. */
import { createHash } from "node:crypto";
import type { TestApp } from "../harness/app.ts";
import { once } from "./rows.ts";

export const APP = "holdfast-vscode";

export const AUTHORIZE = {
  client_id: APP,
  redirect_uri: "vscode://holdfast.holdfast/auth",
  response_type: "code",
  scope: "gateway.use",
  state: "state",
  code_challenge: createHash("sha256").update("x".repeat(43)).digest("base64url"),
  code_challenge_method: "S256",
};

async function askForConsent({ anonymous }: TestApp): Promise<string> {
  const { headers } = await anonymous.call("GET", `/api/auth/authorize?${new URLSearchParams(AUTHORIZE)}`);
  return new URL(headers.get("location") ?? "").searchParams.get("request_id") ?? "";
}

async function askForCode({ anonymous }: TestApp): Promise<string> {
  const { body } = await anonymous.call("POST", "/api/auth/device/code", { body: { client_id: APP } });
  return String(body.user_code);
}

export const aRequestToRead = once(askForConsent);
// A decision spends what it decides, so each call gets its own.
export const aRequestToDecide = askForConsent;
export const aDeviceToFind = once(askForCode);
export const aDeviceToDecide = askForCode;
