import type { Clock } from "../../platform/clock.ts";
import type { Sealer } from "../../platform/crypto/index.ts";
import type { Tx } from "../../platform/db/index.ts";
import type { OrgId, UserId } from "../../platform/ids.ts";
import type { Jobs } from "../../platform/jobs/index.ts";
import type { Hub } from "../../platform/realtime/index.ts";
import type { AccessTokens, IdentityConfig, SignInProvider } from "../identity/index.ts";
import type { Mail } from "../mail/index.ts";
import type { CachedDb } from "./cached.ts";
import type { TenancyConfig } from "./config.ts";
import type { Revocations } from "./revocations.ts";

/** How organizations' own issuers are spoken to. */
export type Issuers = {
  issuer(credentials: { issuer: string; clientId: string; clientSecret: string }): SignInProvider;
  /** Whether somebody answers there as the issuer of that name; `private`: at an address that is not to be called. */
  look(issuer: string): Promise<"answers" | "silent" | "private">;
};

/** What is known of who pays. Both in a transaction that sees the organization. */
export type PayerActions = {
  /** Erases all that names its payers; what was paid stays. */
  forget(tx: Tx, orgId: OrgId): Promise<void>;
  /** Erases what names this person, where the organization goes on. */
  forgetPerson(tx: Tx, orgId: OrgId, person: { email: string; fullName: string }): Promise<void>;
};

/** What products keep of what people said and wrote for themselves. Both in a transaction that sees the organization. */
export type WritingActions = {
  /** Erases everybody's. */
  forget(tx: Tx, orgId: OrgId): Promise<void>;
  /** Erases one person's, who is no member any more. */
  forgetPerson(tx: Tx, orgId: OrgId, userId: UserId): Promise<void>;
};

export type TenancyDeps = CachedDb & {
  clock: Clock;
  hub: Pick<Hub, "publish">;
  config: TenancyConfig & IdentityConfig;
  accessTokens: AccessTokens;
  jobs: Pick<Jobs, "pause" | "resume">;
  mail: Pick<Mail, "send">;
  /** Members that the organization's plan allows, pending invitations included; in a transaction that sees it. */
  seats: (tx: Tx, orgId: OrgId) => Promise<number>;
  /** Billing's; `server/app.ts` hands them in. */
  payers: PayerActions;
  /** The products'; `server/app.ts` hands them in. */
  writings: WritingActions;
  /** Keeps the secrets of organizations' own issuers. */
  sealer: Sealer;
  issuers: Issuers;
  /** TXT records of a name; null while the resolver does not answer. */
  dns: { txt(name: string): Promise<string[] | null> };
  /** What a change leaves outdated is asked about again by every process, from the commit on. */
  revocations: Revocations;
};
