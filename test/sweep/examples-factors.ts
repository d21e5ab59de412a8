/**
 * Calls of two-step verification and passkeys. They find nothing to finish or change: a factor of the operator's own would
 * stand in the way of every later sign-in of the sweep. What they do is tested beside the code.
 */
import { newId } from "../../server/platform/ids.ts";
import type { Example } from "./examples.ts";

const signed = {
  id: "AAAA",
  response: { clientDataJSON: "AAAA", authenticatorData: "AAAA", signature: "AAAA" },
};
const made = { id: "AAAA", response: { clientDataJSON: "AAAA", attestationObject: "AAAA" } };
const aPasskey = { id: newId("pky") };

export const factorExamples: Record<string, Example> = {
  getMfaStatus: {},
  enrollMfa: {},
  confirmMfa: { given: () => ({ body: { code: "123456" } }), status: 422 },
  disableMfa: { status: 409 },
  regenerateBackupCodes: { status: 409 },
  finishSignIn: {
    given: () => ({ body: { challenge: "x".repeat(43), method: "totp", code: "123456" } }),
    status: 401,
  },
  listPasskeys: {},
  getPasskeyRegistrationOptions: {},
  registerPasskey: { given: () => ({ body: { name: "Laptop", attestation: made } }), status: 422 },
  renamePasskey: { given: () => ({ params: aPasskey, body: { name: "Laptop" } }), status: 404 },
  removePasskey: { given: () => ({ params: aPasskey }), status: 404 },
  getPasskeyLoginOptions: { given: () => ({ body: {} }) },
  signInByPasskey: { given: () => ({ body: { assertion: signed } }), status: 401 },
};
