import type { KeyId, OrgId, UserId } from "../ids.ts";
import { assert, Problem, common } from "../problem.ts";

export type Role = "owner" | "admin" | "agent" | "viewer";
const RANK: Record<Role, number> = { viewer: 1, agent: 2, admin: 3, owner: 4 };

/** Null is no bound of the key's own. */
export type KeyBounds = {
  /** Of a personal key: who made it, and answers for what it spends. */
  readonly makerId: UserId | null;
  readonly tpm: number | null;
  readonly concurrency: number | null;
  readonly budgetDailyMicros: bigint | null;
  readonly budgetMonthlyMicros: bigint | null;
  /** Empty: all. */
  readonly allowedModels: readonly string[];
  /** What counts for its calls where a call says nothing, as the product that reads it has laid out. */
  readonly defaults: Readonly<Record<string, unknown>>;
};

/** Who is calling, as the credential proves it. Tenant and mode come from here and from nowhere else. */
export type Actor = {
  readonly kind: "session" | "token" | "key";
  /** The session's (of a cookie or token) or key's id; the subject of limits and idempotency keys together with the user. */
  readonly credentialId: string;
  readonly userId: UserId | null;
  readonly keyId: KeyId | null;
  readonly orgId: OrgId;
  readonly role: Role;
  readonly operator: boolean;
  /** What the person, or the key's maker, may do today: the role's permissions, changed by overrides. */
  readonly permissions: ReadonlySet<string>;
  /** A key's or app's scopes, which narrow its person's permissions; null for a signed-in person, who has them all. */
  readonly scopes: readonly string[] | null;
  readonly mode: "test" | "live";
  /** Requests a minute; null is the installation's default, 0 no limit. */
  readonly rateLimitPerMin: number | null;
  /** A key's further bounds, which the products that it spends with look at. */
  readonly bounds?: KeyBounds;
  /** When the person last proved who they are (sign-in or `reauth`); null for a key, which proves nothing. */
  readonly provenAt: Date | null;
  /** The organization is suspended: only what says so goes on. */
  readonly suspended: boolean;
  /** The person must set up a second factor before anything else. */
  readonly mfaDue: boolean;
  /** The person is about to be erased: only what says so is open to them. */
  readonly leaving?: true;
  /** An operator looks at the person's account: nothing may be changed. */
  readonly readOnly?: true;
};

/** An operation that asks for a proof takes one of at most this age. */
const PROOF_LASTS_MS = 10 * 60_000;

/** The least right an operation asks for. Written into the OpenAPI document as `x-access`. */
export type Access =
  | { readonly least: "anyone" }
  | { readonly least: "operator" }
  | {
      /** With `permission`, the role that holds it unless an override says otherwise. */
      readonly least: Role;
      readonly permission?: string;
      /** What a key needs: the permission's own name unless told; without either, no key may. */
      readonly scope?: string;
    };

export const rankOf = (role: Role): number => RANK[role];

/** Throws 403 unless the actor may; operators are people, never keys. */
export function authorize(actor: Actor, access: Access): void {
  if (access.least === "anyone") return;
  if (access.least === "operator") {
    if (!actor.operator || actor.kind === "key") throw new Problem(common.forbidden);
    return;
  }
  const { least, permission } = access;
  const scope = scopeOf(access);
  if (permission ? !actor.permissions.has(permission) : RANK[actor.role] < RANK[least])
    throw new Problem(common.forbidden);
  if (actor.scopes && !(scope && actor.scopes.includes(scope))) throw new Problem(common.scope_missing);
}

/** The scope that a key needs for it; undefined where none opens it. */
export const scopeOf = (access: Access): string | undefined =>
  access.least === "anyone" || access.least === "operator" ? undefined : (access.scope ?? access.permission);

/** Whether the actor holds a permission today; a key needs it as a scope as well. */
export const may = (actor: Pick<Actor, "permissions" | "scopes">, permission: string): boolean =>
  actor.permissions.has(permission) && (actor.scopes === null || actor.scopes.includes(permission));

/** What an operation asks for beyond a right. */
export type Demands = {
  readonly proof?: boolean;
  readonly whenSuspended?: boolean;
  readonly beforeMfa?: boolean;
  readonly whenReadOnly?: boolean;
  readonly whenLeaving?: boolean;
};

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** Throws 403 unless the person proved who they are in the last ten minutes. */
export function demandProof({ provenAt }: Pick<Actor, "provenAt">, now: Date): void {
  const age = provenAt ? now.getTime() - provenAt.getTime() : Infinity;
  if (age > PROOF_LASTS_MS) throw new Problem(common.reauth_required);
}

/**
 * Throws 403 when the person is about to be erased, an operator only looks on, a second factor must be set up first, the organization is suspended, or the
 * person's last proof is too old for what they ask.
 */
export function demand(
  actor: Actor,
  { method, proof, whenSuspended, beforeMfa, whenReadOnly, whenLeaving }: Demands & { method: string },
  now: Date,
): void {
  if (actor.leaving && !whenLeaving) throw new Problem(common.deletion_scheduled);
  if (actor.readOnly && !whenReadOnly && !SAFE_METHODS.has(method)) throw new Problem(common.read_only);
  if (actor.mfaDue && !beforeMfa) throw new Problem(common.mfa_required);
  if (actor.suspended && !whenSuspended && !actor.operator) throw new Problem(common.organization_suspended);
  if (proof) demandProof(actor, now);
}

/** The person who is signed in; operations that ask for no scope are reached by people alone. */
export function personIn({ userId }: Actor): UserId {
  assert(userId, "only people reach operations without a scope");
  return userId;
}

/** Resolves a request's credential: an actor, null when there is none; throws 401 for a bad one. */
export type Authenticate = (request: {
  headers: Record<string, string | string[] | undefined>;
  method: string;
  /** Path and query: `x-api-key` counts on `/v1` only, and a query may name the organization it means. */
  url: string;
  ip: string;
  /** The operation is open to anyone: a cookie without its CSRF proof is then no credential, rather than a fault. */
  open: boolean;
  /** Adds to the answer what its caller must know of the credential. Left out when nobody is answered. */
  setHeader?: (name: string, value: string) => void;
}) => Promise<Actor | null>;
