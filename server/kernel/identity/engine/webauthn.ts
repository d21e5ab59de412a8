/**
 * Passkeys: WebAuthn level 3 with user verification, so that what signs is at once something owned and a finger, face or
 * PIN. Answers of an authenticator that do not hold are `null`, whatever is wrong with them.
 */
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";

/** Who we are to authenticators. */
export type RelyingParty = { id: string; origin: string };

export type Transport = "ble" | "cable" | "hybrid" | "internal" | "nfc" | "smart-card" | "usb";
export type KnownCredential = { id: string; transports: readonly Transport[] };
export type RegistrationOptions = Awaited<ReturnType<typeof generateRegistrationOptions>>;
export type AssertionOptions = Awaited<ReturnType<typeof generateAuthenticationOptions>>;
/** What an authenticator made, and what it signed; all of it base64url. */
export type Attestation = {
  id: string;
  response: { clientDataJSON: string; attestationObject: string; transports: Transport[] };
};
export type Assertion = {
  id: string;
  response: { clientDataJSON: string; authenticatorData: string; signature: string };
};

/** EdDSA, ES256, RS256 (COSE). */
const ALGORITHMS = [-8, -7, -257];
const NAME = "Holdfast";

const listed = (known: readonly KnownCredential[]) =>
  known.map(({ id, transports }) => ({ id, transports: [...transports] }));

/** The members that browsers add and we have no use for. */
const framed = { type: "public-key", clientExtensionResults: {} } as const;

export function registrationOptions(
  rp: RelyingParty,
  person: { id: string; email: string; fullName: string },
  known: readonly KnownCredential[],
  timeoutMs: number,
): Promise<RegistrationOptions> {
  return generateRegistrationOptions({
    rpName: NAME,
    rpID: rp.id,
    userID: new TextEncoder().encode(person.id),
    userName: person.email,
    userDisplayName: person.fullName,
    timeout: timeoutMs,
    attestationType: "none",
    excludeCredentials: listed(known),
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    supportedAlgorithmIDs: ALGORITHMS,
  });
}

/** Without `known` the authenticator offers whatever it keeps for us. */
export function assertionOptions(
  rp: RelyingParty,
  known: readonly KnownCredential[],
  timeoutMs: number,
): Promise<AssertionOptions> {
  return generateAuthenticationOptions({
    rpID: rp.id,
    timeout: timeoutMs,
    userVerification: "required",
    allowCredentials: listed(known),
  });
}

/** The challenge that an answer says it signed; null when it says none. */
export function challengeOf({ response }: Attestation | Assertion): string | null {
  try {
    const said: unknown = JSON.parse(Buffer.from(response.clientDataJSON, "base64url").toString());
    const challenge = (said as { challenge?: unknown } | null)?.challenge;
    return typeof challenge === "string" ? challenge : null;
  } catch {
    return null;
  }
}

export async function checkAttestation(
  rp: RelyingParty,
  attestation: Attestation,
  challenge: string,
): Promise<{ credentialId: string; publicKey: Buffer; counter: number; synced: boolean } | null> {
  const checked = await verifyRegistrationResponse({
    response: { ...framed, ...attestation, rawId: attestation.id },
    expectedChallenge: challenge,
    expectedOrigin: rp.origin,
    expectedRPID: rp.id,
    requireUserVerification: true,
    supportedAlgorithmIDs: ALGORITHMS,
  }).catch(() => null);
  if (!checked?.verified) return null;
  const { credential, credentialBackedUp } = checked.registrationInfo;
  return {
    credentialId: credential.id,
    publicKey: Buffer.from(credential.publicKey),
    counter: credential.counter,
    synced: credentialBackedUp,
  };
}

/** The authenticator's counter after this signature; the caller compares it with the one before. */
export async function checkAssertion(
  rp: RelyingParty,
  assertion: Assertion,
  challenge: string,
  key: { credentialId: string; publicKey: Buffer },
): Promise<{ counter: number } | null> {
  const checked = await verifyAuthenticationResponse({
    response: { ...framed, ...assertion, rawId: assertion.id },
    expectedChallenge: challenge,
    expectedOrigin: rp.origin,
    expectedRPID: rp.id,
    requireUserVerification: true,
    // Zero leaves the comparison to the caller, who keeps a record of a counter that fell.
    credential: { id: key.credentialId, publicKey: new Uint8Array(key.publicKey), counter: 0 },
  }).catch(() => null);
  return checked?.verified ? { counter: checked.authenticationInfo.newCounter } : null;
}
