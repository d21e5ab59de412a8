/**
 * OpenID issuers (Google, and whatever issuer an organization brings), through a certified client, and the only importer of
 * it. Owns discovery and keys (cached 24 h; an unknown key id is looked up at once), every check of the identity token
 * (signature, issuer, audience, nonce, times) and a deadline on each call. A code is sent once, never again. What it tells
 * are facts in our own words; the issuer's tokens are dropped here.
 */
export { createOidc, type Oidc, type OidcIssuer, type OidcOptions } from "./oidc.ts";
export type { Ask, Finish, Outcome, OidcPerson, Started } from "./facts.ts";
