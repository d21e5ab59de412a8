import * as client from "openid-client";
import { PrivateAddressError, publicFetch } from "../../platform/outbound/index.ts";
import type { Metrics } from "../../platform/telemetry/index.ts";
import { createCall } from "./calls.ts";
import type { Ask, Finish, OidcPerson, Outcome, Started } from "./facts.ts";
import { toOutcome } from "./fault.ts";
import { createKeyCache, throughKeys, type KeyCache } from "./keys.ts";

export type OidcOptions = {
  /** A label of the metrics: `google`, `sso`. */
  name: string;
  metrics: Metrics;
  /** Milliseconds of each call; default 5 s. */
  timeoutMs?: number;
  /** Refuses issuers at addresses that are not public; for issuers that others name. */
  publicOnly?: boolean;
  /** Milliseconds since 1970, for the caches' age. */
  now?: () => number;
};

/** A client at one issuer. */
export type OidcIssuer = {
  /** The address of the issuer's page for this sign-in. */
  start(ask: Ask): Promise<Started>;
  /** Trades the code in and checks everything. Never throws for what the issuer does. */
  finish(finish: Finish): Promise<Outcome>;
};

export type Oidc = {
  issuer(credentials: { issuer: string; clientId: string; clientSecret: string }): OidcIssuer;
  /** Whether somebody answers there as the issuer of that name; `private`: at an address that is not to be called. */
  look(issuer: string): Promise<"answers" | "silent" | "private">;
};

const TIMEOUT_MS = 5_000;
const DISCOVERY_FRESH_MS = 24 * 3_600_000;
/** Issuers remembered at once; the one remembered the longest gives way. */
const MAX_ISSUERS = 1_000;
const SCOPE = "openid email profile";
const CLOCK_TOLERANCE_SECONDS = 30;

type Known = { metadata: client.ServerMetadata; at: number; keys: KeyCache };

export function createOidc(options: OidcOptions): Oidc {
  const { name, metrics, timeoutMs = TIMEOUT_MS, now = Date.now } = options;
  const fetch = options.publicOnly ? publicFetch(timeoutMs) : globalThis.fetch;
  const call = createCall({ name, metrics, timeoutMs, fetch });
  const known = new Map<string, Known>();

  const look = async (issuer: string): Promise<Known> => {
    const found = known.get(issuer);
    if (found && now() - found.at < DISCOVERY_FRESH_MS) return found;
    try {
      const metadata = await discover(issuer, call, timeoutMs);
      const keys = found?.keys ?? createKeyCache(now);
      const fresh = { metadata, at: now(), keys };
      known.delete(issuer);
      known.set(issuer, fresh);
      const [oldest] = known.keys();
      if (known.size > MAX_ISSUERS && oldest !== undefined) known.delete(oldest);
      return fresh;
    } catch (error) {
      // What an issuer says of itself hardly ever changes: better an old answer than none.
      if (found) return found;
      throw error;
    }
  };
  return {
    look: (issuer) =>
      look(issuer).then(
        () => "answers",
        (error: unknown) => (isPrivate(error) ? "private" : "silent"),
      ),
    issuer({ issuer, clientId, clientSecret }) {
      const configure = async (): Promise<client.Configuration> => {
        const { metadata, keys } = await look(issuer);
        const own = { [client.clockTolerance]: CLOCK_TOLERANCE_SECONDS };
        const config = new client.Configuration(
          metadata,
          clientId,
          own,
          authentication(metadata, clientSecret),
        );
        config.timeout = timeoutMs / 1_000;
        config[client.customFetch] = throughKeys(call, keys, metadata.jwks_uri);
        client.enableNonRepudiationChecks(config);
        if (isPlain(issuer)) client.allowInsecureRequests(config);
        return config;
      };
      return {
        start: (ask) => start(configure, ask),
        finish: (finish) => finishAt(configure, finish),
      };
    },
  };
}

function isPrivate(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof PrivateAddressError) return true;
  return false;
}

/** Plain http is for issuers on this machine; configuration refuses it in production. */
const isPlain = (issuer: string): boolean => issuer.startsWith("http:");

/** What the issuer takes; RFC 8414 has Basic where it does not say. */
function authentication(metadata: client.ServerMetadata, secret: string): client.ClientAuth {
  const methods = metadata.token_endpoint_auth_methods_supported;
  const basic = methods === undefined || methods.includes("client_secret_basic");
  return basic ? client.ClientSecretBasic(secret) : client.ClientSecretPost(secret);
}

async function discover(
  issuer: string,
  call: client.CustomFetch,
  timeoutMs: number,
): Promise<client.ServerMetadata> {
  const found = await client.discovery(new URL(issuer), "discovery", undefined, client.None(), {
    [client.customFetch]: call,
    timeout: timeoutMs / 1_000,
    execute: isPlain(issuer) ? [client.allowInsecureRequests] : [],
  });
  return found.serverMetadata();
}

type Configure = () => Promise<client.Configuration>;

async function start(configure: Configure, ask: Ask): Promise<Started> {
  try {
    const config = await configure();
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: ask.redirectUri,
      scope: SCOPE,
      state: ask.state,
      nonce: ask.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(ask.verifier),
      code_challenge_method: "S256",
      // Whoever is signed in there may be somebody else than who sits here.
      prompt: "select_account",
      ...(ask.hint === undefined ? {} : { login_hint: ask.hint }),
    });
    return { kind: "ready", url: url.href };
  } catch (cause) {
    return { kind: "unavailable", cause };
  }
}

async function finishAt(configure: Configure, finish: Finish): Promise<Outcome> {
  try {
    const config = await configure();
    const back = new URL(finish.redirectUri);
    back.search = finish.answer.toString();
    const tokens = await client.authorizationCodeGrant(config, back, {
      expectedState: finish.state,
      expectedNonce: finish.nonce,
      pkceCodeVerifier: finish.verifier,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (claims === undefined) return { kind: "refused", cause: new Error("no identity token") };
    const person = toPerson(claims);
    if (person.email !== null || config.serverMetadata().userinfo_endpoint === undefined)
      return { kind: "person", person };
    const more = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
    return { kind: "person", person: toPerson(more) };
  } catch (error) {
    return toOutcome(error);
  }
}

type Claims = { sub: string; email?: unknown; email_verified?: unknown; name?: unknown };

function toPerson({ sub, email, email_verified: verified, name }: Claims): OidcPerson {
  return {
    subject: sub,
    email: typeof email === "string" && email !== "" ? email.toLowerCase() : null,
    // Some issuers write the word.
    emailVerified: verified === undefined ? null : verified === true || verified === "true",
    name: typeof name === "string" && name.trim() !== "" ? name.trim() : null,
  };
}
