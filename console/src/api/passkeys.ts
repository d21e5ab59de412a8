/** Passkeys of this browser and its devices: what the API asks of them, and what they answer. */
import {
  browserSupportsWebAuthn,
  browserSupportsWebAuthnAutofill,
  startAuthentication,
  startRegistration,
  WebAuthnAbortService,
} from "@simplewebauthn/browser";
import { api } from "./operations.ts";
import type { PasskeyAssertion } from "./types.ts";

type RequestOptions = Parameters<typeof startAuthentication>[0]["optionsJSON"];
type CreationOptions = Parameters<typeof startRegistration>[0]["optionsJSON"];

export const passkeysWork = (): boolean => browserSupportsWebAuthn();
export const autofillWorks = (): Promise<boolean> => browserSupportsWebAuthnAutofill();

/** Asks the person for one of their passkeys; `challenge` of a sign-in that waits for its second factor. */
export async function askForPasskey(challenge?: string): Promise<PasskeyAssertion> {
  const optionsJSON = (await api.passkeyLoginOptions(challenge)) as RequestOptions;
  return startAuthentication({ optionsJSON });
}

/** Offers passkeys where the browser offers saved passwords; resolves when the person chose one. */
export async function offerPasskeys(): Promise<PasskeyAssertion> {
  const optionsJSON = (await api.passkeyLoginOptions()) as RequestOptions;
  return startAuthentication({ optionsJSON, useBrowserAutofill: true });
}

/** What is being asked or offered is taken back. */
export const stopAsking = (): void => WebAuthnAbortService.cancelCeremony();

/** Makes a passkey and hands it to the API. */
export async function makePasskey(name: string) {
  const optionsJSON = (await api.passkeyOptions()) as CreationOptions;
  const { id, response } = await startRegistration({ optionsJSON });
  const { clientDataJSON, attestationObject, transports = [] } = response;
  return api.registerPasskey({
    name,
    attestation: {
      id,
      response: { clientDataJSON, attestationObject, transports: transports as "internal"[] },
    },
  });
}

/** True when the person, not anything broken, ended it. */
export const wasCancelled = (error: unknown): boolean =>
  error instanceof Error && (error.name === "NotAllowedError" || error.name === "AbortError");
