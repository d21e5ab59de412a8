import type { OrgId } from "../../../platform/ids.ts";

/** A company that vouches for people: Google, GitHub, an organization's own issuer. `server/app.ts` hands them in. */
export type ProviderName = "google" | "github";
export const PROVIDER_NAMES: readonly ProviderName[] = ["google", "github"];

/** What the company says of who signed in. */
export type Vouched = {
  /** Its own name of the person, the same for ever. */
  subject: string;
  email: string | null;
  /** Null: it does not say. */
  emailVerified: boolean | null;
  name: string | null;
};

/** One visit to the company. All three secrets follow from the browser's cookie; see `flow.ts`. */
export type Visit = { redirectUri: string; state: string; nonce: string; verifier: string };

export type Outcome =
  | { kind: "person"; person: Vouched }
  /** The person said no. */
  | { kind: "denied" }
  /** The code or the token did not hold. */
  | { kind: "refused"; cause: unknown }
  /** No answer in time, or nonsense. The code may be spent: it is never sent again. */
  | { kind: "unavailable"; cause: unknown };

export type SignInProvider = {
  /** The address of the company's page. */
  start(
    visit: Visit & { hint?: string },
  ): Promise<{ kind: "ready"; url: string } | { kind: "unavailable"; cause: unknown }>;
  /** `answer` is the query with which the browser came back. */
  finish(visit: Visit & { answer: URLSearchParams }): Promise<Outcome>;
};

/** A company as a visit knows it. */
export type Company = {
  /** With the subject it names an account for ever: `google`, `sso:org_…`. */
  key: string;
  /** How pages and metrics call it. */
  label: ProviderName | "sso";
  /** Where it sends browsers back; registered with it. */
  callbackPath: string;
  signIn: SignInProvider;
  /** Of an organization's own issuer: whose it is, and the domain that it vouches for. */
  own: { orgId: OrgId; domain: string } | null;
};

/** Those that are configured. */
export type Providers = { readonly [name in ProviderName]?: SignInProvider };
