/** Who signed in, as the issuer vouches for it. */
export type OidcPerson = {
  /** Names this person at the issuer for ever. */
  subject: string;
  email: string | null;
  /** Null: the issuer does not say. */
  emailVerified: boolean | null;
  name: string | null;
};

/** A sign-in about to start. `state`, `nonce` and `verifier` are the caller's to remember. */
export type Ask = {
  redirectUri: string;
  state: string;
  nonce: string;
  verifier: string;
  /** An address to offer on the issuer's page. */
  hint?: string;
};

export type Started = { kind: "ready"; url: string } | { kind: "unavailable"; cause: unknown };

/** What came back, and what is remembered of the start. `answer` is the query of the callback. */
export type Finish = Omit<Ask, "hint"> & { answer: URLSearchParams };

/**
 * How a sign-in ended at the issuer: with a person; with their no; `refused`, when the code or the token did not hold; or
 * `unavailable`, when the issuer did not answer in time or answered nonsense. Causes are logged, never shown.
 */
export type Outcome =
  | { kind: "person"; person: OidcPerson }
  | { kind: "denied" }
  | { kind: "refused"; cause: unknown }
  | { kind: "unavailable"; cause: unknown };
