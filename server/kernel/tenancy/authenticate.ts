import { hashToken, safeEqual } from "../../platform/crypto/index.ts";
import type { Bus } from "../../platform/bus/index.ts";
import type { Cache } from "../../platform/cache/index.ts";
import { withSystemTx, withTx } from "../../platform/db/index.ts";
import type { Actor, Authenticate } from "../../platform/http/index.ts";
import { Problem, common } from "../../platform/problem.ts";
import type { Logger, Metrics } from "../../platform/telemetry/index.ts";
import { audit, isAccessToken, isSessionSecret, sessionCookie, touchSessions } from "../identity/index.ts";
import { parseKey } from "./keys/api-key.ts";
import { type Credential, type CredentialDeps, loadKey, loadSession, loadToken } from "./credential.ts";
import { createMemory } from "./memory.ts";
import { tenancyProblems } from "./problems.ts";
import { createRevocations, type Revocations } from "./revocations.ts";
import { tellBrowser } from "./tell-browser.ts";
import { createTouches, type Touches } from "./touches.ts";
import { createUses } from "./uses.ts";

/** While the bus beats, every revocation is heard, and what is known stays good for longer. */
const MAX_AGE_MS = 60_000;
/** What is revoked is refused everywhere within this time, even when nothing can be heard. */
const UNHEARD_MAX_AGE_MS = 1_000;
const MAX_REMEMBERED = 100_000;
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

export type AuthenticateDeps = CredentialDeps & {
  logger: Logger;
  bus: Bus;
  cache?: Pick<Cache, "drop" | "invalidate">;
  metrics?: Metrics;
};

/** What is looked at of a request. */
export type Incoming = Parameters<Authenticate>[0] & {
  /** Path and query. Without it `x-api-key` and `organization_id` are not seen. */
  url?: string;
  /** The operation is open to anyone: a cookie that lacks its CSRF proof counts as none there. */
  open?: boolean;
};

export type Authenticator = Revocations & {
  (incoming: Incoming): Promise<Actor | null>;
  /** `revoke` of one session or key. */
  forget(credentialId: string): void;
  /** Notes that a key used one of its scopes. */
  scopeUsed(actor: Actor, scope: string): void;
  /** Resolves when the pending writes of "last used" are done; call it before the database closes. */
  settled(): Promise<void>;
};

/**
 * Resolves cookies, access tokens and API keys to actors. An Authorization header counts alone: a bad one is 401 even beside a good
 * cookie. A known credential costs no query for a minute while the bus beats, else for a second; all requests that ask
 * meanwhile share one.
 */
export function createAuthenticate(deps: AuthenticateDeps): Authenticator {
  const { clock, config } = deps;
  const memory = createMemory<Credential>({
    maxAgeMs: () => (deps.bus.healthy() ? MAX_AGE_MS : UNHEARD_MAX_AGE_MS),
    maxEntries: MAX_REMEMBERED,
    tagsOf: ({ tags }) => tags,
  });
  const revocations = createRevocations(deps.bus, deps.cache, deps.metrics, memory.forget, memory.clear);
  const touches = createTouches(deps.logger, (usedAt) =>
    withSystemTx(deps.db, (tx) => touchSessions(tx, usedAt)),
  );
  const uses = createUses(clock, touches);
  const cookie = sessionCookie(config);
  const ownOrigin = new URL(config.BASE_URL).origin;

  /**
   * Under its hash, so that no secret lies in memory longer than its request. One that looks run out is asked about again:
   * it may have been used, or prolonged, through another process. Null: there is none that is live.
   */
  const recall = async (secret: string, load: () => Promise<Credential | null>) => {
    const key = hashToken(secret).toString("base64");
    const live = (known: Credential | null) => (known?.isLive(clock.now()) ? known : null);
    const known = live(await memory.get(key, load));
    return known ?? (memory.renew(key) ? live(await memory.get(key, load)) : null);
  };

  const byKey = async (text: string): Promise<Credential> => {
    const parsed = parseKey(text);
    const known =
      parsed?.mode === config.INSTALLATION_MODE ? await recall(text, () => loadKey(deps, parsed)) : null;
    if (!known) throw new Problem(common.unauthenticated);
    return known;
  };
  const byToken = async (text: string): Promise<Credential> => {
    const known = await recall(text, () => loadToken(deps, text));
    if (!known) throw new Problem(common.unauthenticated);
    return known;
  };
  const byCookie = async ({ headers, method, open }: Incoming): Promise<Credential | null> => {
    const secret = cookie.read(headers.cookie);
    if (secret === null || !isSessionSecret(secret)) return null;
    const known = await recall(secret, () => loadSession(deps, secret));
    if (!known) return null;
    if (SAFE_METHODS.has(method) || isOwnPage(headers, known.csrfToken, ownOrigin)) return known;
    if (open) return null;
    throw new Problem(common.csrf_failed);
  };
  const authenticate = async (incoming: Incoming): Promise<Actor | null> => {
    const shown = shownText(incoming);
    const byText = (text: string) => (isAccessToken(text) ? byToken(text) : byKey(text));
    const known = shown === null ? await byCookie(incoming) : await byText(shown);
    if (!known) return null;
    if (incoming.open && !known.reaches(incoming.ip)) return null;
    refuseMisplaced(deps, touches, incoming, known);
    if (incoming.headers["x-holdfast-background"] !== "1" || known.actor.kind === "key") uses.note(known);
    if (incoming.setHeader && (await tellBrowser(known, cookie, clock.now(), incoming.setHeader)))
      forget(known.actor.credentialId);
    return known.actor;
  };
  const forget = (credentialId: string): void => revocations.revoke({ credentialId });
  return Object.assign(authenticate, {
    ...revocations,
    forget,
    scopeUsed: uses.noteScope,
    settled: () => touches.settled(),
  });
}

/** The key or token that a request shows, null when it shows none; 401 for a header that holds none. */
function shownText({ headers, url }: Incoming): string | null {
  const { authorization } = headers;
  if (authorization !== undefined) {
    const text = typeof authorization === "string" ? /^Bearer +(\S+)$/i.exec(authorization)?.[1] : undefined;
    if (!text) throw new Problem(common.unauthenticated);
    return text;
  }
  const header = url?.startsWith("/v1/") ? headers["x-api-key"] : undefined;
  if (header === undefined) return null;
  if (typeof header !== "string") throw new Problem(common.unauthenticated);
  return header;
}

/** Our own pages send our origin and the token that only they can read. */
function isOwnPage(headers: Incoming["headers"], csrfToken: string | null, ownOrigin: string): boolean {
  const sent = headers["x-csrf-token"];
  return (
    headers.origin === ownOrigin &&
    csrfToken !== null &&
    typeof sent === "string" &&
    safeEqual(sent, csrfToken)
  );
}

/** 403 from an address that the organization or the key does not allow, and for another organization's name. */
function refuseMisplaced(
  deps: AuthenticateDeps,
  touches: Touches,
  incoming: Incoming,
  known: Credential,
): void {
  const { actor } = known;
  if (!known.reaches(incoming.ip)) throw new Problem(tenancyProblems.address_not_allowed);
  if (!namesOtherTenant(incoming, actor)) return;
  touches.note(`${actor.credentialId} mismatch`, () => auditMismatch(deps, actor));
  throw new Problem(common.tenant_mismatch);
}

/** A request may say which organization it means; it never chooses one. */
function namesOtherTenant({ headers, url }: Incoming, actor: Actor): boolean {
  const named = [headers["x-organization-id"] ?? actor.orgId].flat();
  if (url?.includes("organization_id="))
    named.push(...new URLSearchParams(url.slice(url.indexOf("?"))).getAll("organization_id"));
  return named.some((orgId) => orgId !== actor.orgId);
}

/** Which organization was named instead is left out: the trail is another organization's to read. */
const auditMismatch = (
  { db, clock }: AuthenticateDeps,
  { orgId, userId, credentialId }: Actor,
): Promise<void> =>
  withTx(db, orgId, (tx) =>
    audit(tx, clock.now(), {
      orgId,
      actorId: userId ?? credentialId,
      action: "tenant.mismatch",
      targetId: credentialId,
    }),
  );
