import type { Cache } from "../../platform/cache/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Sealer, Signer } from "../../platform/crypto/index.ts";
import type { Db, Tx } from "../../platform/db/index.ts";
import type { OrgId, UserId } from "../../platform/ids.ts";
import type { Jobs } from "../../platform/jobs/index.ts";
import type { Hub } from "../../platform/realtime/index.ts";
import type { Mail } from "../mail/index.ts";
import type { Logger, Metrics } from "../../platform/telemetry/index.ts";
import type { IdentityConfig } from "./config.ts";
import type { AccessTokens } from "./tokens/access-tokens.ts";
import type { Company, Providers } from "./oauth/provider.ts";

/** What identity causes to its right; `server/app.ts` hands in tenancy's actions. */
export type OrganizationActions = {
  /** Makes the person's own organization, in `tx` of that very organization. */
  createPersonalOrganization(
    tx: Tx,
    person: { orgId: OrgId; userId: UserId; fullName: string; now: Date },
  ): Promise<void>;
  /**
   * Where a signing-in person lands: `preferred` while still a member there, else the first; null without any. Organizations
   * that ask for their own issuer count only where `amr` says that it vouched.
   */
  chooseOrganization(
    tx: Tx,
    userId: UserId,
    preferred: OrgId | null,
    amr: readonly string[],
  ): Promise<OrgId | null>;
  /** The organizations of the person, for a look into each. */
  organizationIds(tx: Tx, userId: UserId): Promise<OrgId[]>;
  /** Names of those that would have members and no owner without this person. */
  ownedAlone(tx: Tx, userId: UserId): Promise<string[]>;
};

/** What becomes of what a person has in organizations when they must go, or want to. */
export type DepartureActions = {
  /** Ends the person's own keys; `whole`: and every key of organizations that have nobody else. */
  revokeKeys(tx: Tx, userId: UserId, how: { actorId: string; whole: boolean }): Promise<void>;
  /** Takes the person out of all organizations. One without anybody else is erased, under a name made of `alias`. */
  depart(tx: Tx, userId: UserId, alias: string): Promise<void>;
};

/** An organization that a person is in. */
export type Membership = { id: OrgId; name: string; role: string; suspended: boolean };

export type InvitationActions = {
  /** The address that an invitation's token proves; null when it is no good. Spends nothing. */
  invitedAddress(tx: Tx, token: string): Promise<string | null>;
  /** Whoever was just made under that address joins, in the caller's transaction. 410 for a token that is no good. */
  acceptInvitation(tx: Tx, token: string, user: { id: UserId; email: string }): Promise<void>;
};

/** Organizations' own issuers. */
export type ConnectionActions = {
  /** That of the organization that has proven this domain; null without one. */
  findByDomain(domain: string): Promise<Company | null>;
  findByKey(key: string): Promise<Company | null>;
  /** Somebody new whom the issuer vouches for joins its organization. */
  join(tx: Tx, orgId: OrgId, userId: UserId): Promise<void>;
};

export type IdentityDeps = {
  db: Db;
  cache: Pick<Cache, "get" | "invalidate">;
  clock: Clock;
  metrics: Metrics;
  /** The companies that vouch for people here. */
  providers: Providers;
  config: IdentityConfig;
  organizations: OrganizationActions;
  invitations: InvitationActions;
  connections: ConnectionActions;
  departures: DepartureActions;
  mail: Pick<Mail, "send" | "addressState" | "addressProven" | "knownState">;
  /** Keeps what must be read back (TOTP secrets, signing keys). */
  sealer: Sealer;
  /** Signs the ends of audit chains. */
  signer: Signer;
  logger: Logger;
  hub: Pick<Hub, "publish">;
  accessTokens: AccessTokens;
  jobs: Pick<Jobs, "define" | "enqueue">;
  /** Told after commit, so that this process refuses the session at once. Others do within a second. */
  sessionEnded(sessionId: string): void;
  /** The same of one access token, by its `jti`. */
  tokenRevoked(jti: string): void;
  /** The same of all that a person holds, sessions and keys, and of their profile, leaving with the commit. */
  personChanged(tx: Tx, userId: UserId): Promise<void>;
  /** Where the person is a member, oldest first. */
  membershipsOf(userId: UserId): Promise<Membership[]>;
};
