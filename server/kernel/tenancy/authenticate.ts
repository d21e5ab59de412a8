import { hashToken, safeEqual } from "../../platform/crypto/index.ts";
import type { Bus } from "../../platform/bus/index.ts";
import type { Actor, Authenticate } from "../../platform/http/index.ts";
import { Problem, common } from "../../platform/problem.ts";
import type { Logger, Metrics } from "../../platform/telemetry/index.ts";
import { isAccessToken, isSessionSecret, sessionCookie } from "../identity/index.ts";
import { parseKey } from "./api-key.ts";
import { type Credential, type CredentialDeps, loadKey, loadSession, loadToken } from "./credential.ts";
import { createMemory } from "./memory.ts";
import { createRevocations, type Revocations } from "./revocations.ts";
import { tellBrowser } from "./tell-browser.ts";
import { createTouches } from "./touches.ts";

/** While the bus beats, every revocation is heard, and what is known stays good for longer. */
const MAX_AGE_MS = 60_000;
/** What is revoked is refused everywhere within this time, even when nothing can be heard. */
const UNHEARD_MAX_AGE_MS = 1_000;
const MAX_REMEMBERED = 100_000;
/** "Last used" is written at most that often. */
const USE_NOTED_EVERY_MS = 60_000;
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

export type AuthenticateDeps = CredentialDeps & { logger: Logger; bus: Bus; metrics?: Metrics };

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
  const revocations = createRevocations(deps.bus, deps.metrics, memory.forget, memory.clear);
  const touches = createTouches(deps.logger);
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
    refuseOtherTenant(incoming, known.actor);
    if (incoming.headers["x-holdfast-background"] !== "1" || known.actor.kind === "key") noteUse(known);
    if (incoming.setHeader && (await tellBrowser(known, cookie, clock.now(), incoming.setHeader)))
      forget(known.actor.credentialId);
    return known.actor;
  };
  const forget = (credentialId: string): void => revocations.revoke({ credentialId });
  const noteUse = (known: Credential): void => {
    const now = clock.now();
    if (known.usedAt && now.getTime() - known.usedAt.getTime() < USE_NOTED_EVERY_MS) return;
    known.usedAt = now;
    touches.note(known.actor.credentialId, () => known.writeUsedAt(now));
  };
  return Object.assign(authenticate, {
    ...revocations,
    forget,
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

/** A request may say which organization it means; it never chooses one. */
function refuseOtherTenant({ headers, url }: Incoming, actor: Actor): void {
  const named = [headers["x-organization-id"] ?? actor.orgId].flat();
  if (url?.includes("organization_id="))
    named.push(...new URLSearchParams(url.slice(url.indexOf("?"))).getAll("organization_id"));
  if (named.some((orgId) => orgId !== actor.orgId)) throw new Problem(common.tenant_mismatch);
}
