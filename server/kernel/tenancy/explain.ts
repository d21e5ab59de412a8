import { type Db, type Tx, withTx } from "../../platform/db/index.ts";
import type { Role } from "../../platform/http/index.ts";
import type { KeyId, OrgId, UserId } from "../../platform/ids.ts";
import { Problem, common } from "../../platform/problem.ts";
import { findActiveUser } from "../identity/index.ts";
import { findKey } from "./keys/store.ts";
import type { ApiKey } from "./keys/key.ts";
import { findMember, type Standing } from "./members/store.ts";
import { findOrganization } from "./organizations/store.ts";
import { isAtLeast, isPermission, type Scope, SCOPES } from "./permissions.ts";

/** The rule that decides, in the order in which rules are asked. */
export type Rule =
  | "key_paused"
  | "key_expired"
  | "scope_missing"
  | "maker_left"
  | "maker_disabled"
  | "person_disabled"
  | "override_denies"
  | "override_grants"
  | "role_allows"
  | "role_denies"
  | "service_scope"
  | "organization_suspended";

export type Explanation = {
  allowed: boolean;
  rule: Rule;
  /** One sentence for a person. */
  detail: string;
  /** Of the person, or of the key's maker; null when they are no member. */
  role: Role | null;
  /** The least role that has it without an override. */
  least: Role;
};

type Subject = { userId: UserId } | { keyId: KeyId };
type Verdict = Omit<Explanation, "role" | "least">;

/** Says why somebody, or some key, may or may not. 404 for who is not in the organization. */
export function explain(
  { db }: { db: Db },
  orgId: OrgId,
  subject: Subject,
  permission: Scope,
  now: Date,
): Promise<Explanation> {
  return withTx(db, orgId, async (tx) => {
    const least = SCOPES[permission];
    if ("userId" in subject) {
      const standing = await findMember(tx, orgId, subject.userId);
      if (!standing) throw new Problem(common.not_found);
      const verdict = await ofPerson(tx, subject.userId, standing, permission);
      return { ...suspendedFirst(verdict, standing.suspended), role: standing.role, least };
    }
    const key = await findKey(tx, orgId, subject.keyId, null, now);
    if (!key) throw new Problem(common.not_found);
    const maker = await findMember(tx, orgId, key.createdBy);
    const verdict = await ofKey(tx, key, maker, permission, now);
    const role = key.kind === "service" ? key.role : (maker?.role ?? null);
    // Of the organization itself: a service key outlives its maker's membership.
    const organization = await findOrganization(tx, orgId);
    return { ...suspendedFirst(verdict, organization?.suspended === true), role, least };
  });
}

/** What is denied anyway is not worth the suspension's mention. */
function suspendedFirst(verdict: Verdict, suspended: boolean): Verdict {
  if (!suspended || !verdict.allowed) return verdict;
  const detail = "The organization is suspended: only billing and export go on.";
  return { allowed: false, rule: "organization_suspended", detail };
}

async function ofPerson(tx: Tx, userId: UserId, standing: Standing, permission: Scope): Promise<Verdict> {
  if (!(await findActiveUser(tx, userId)))
    return { allowed: false, rule: "person_disabled", detail: "The account is disabled." };
  return byRole(standing, permission);
}

/** An override decides; without one the role does. */
function byRole({ role, overrides }: Pick<Standing, "role" | "overrides">, permission: Scope): Verdict {
  const decided = isPermission(permission) ? overrides[permission] : undefined;
  if (decided !== undefined)
    return decided
      ? {
          allowed: true,
          rule: "override_grants",
          detail: `${permission} was granted to them apart from their role.`,
        }
      : {
          allowed: false,
          rule: "override_denies",
          detail: `${permission} was taken from them apart from their role.`,
        };
  const least = SCOPES[permission];
  return isAtLeast(role, least)
    ? { allowed: true, rule: "role_allows", detail: `The role ${role} has what the role ${least} may.` }
    : { allowed: false, rule: "role_denies", detail: `It takes the role ${least}; theirs is ${role}.` };
}

async function ofKey(
  tx: Tx,
  key: ApiKey,
  maker: Standing | null,
  permission: Scope,
  now: Date,
): Promise<Verdict> {
  if (key.pausedAt) return { allowed: false, rule: "key_paused", detail: "The key is paused." };
  if (key.expiresAt && key.expiresAt <= now)
    return { allowed: false, rule: "key_expired", detail: "The key has expired." };
  if (!key.scopes.includes(permission))
    return { allowed: false, rule: "scope_missing", detail: `The key lacks the scope ${permission}.` };
  if (key.kind === "service")
    return { allowed: true, rule: "service_scope", detail: "A service key has what it was given." };
  if (!maker) return { allowed: false, rule: "maker_left", detail: "Its maker is no member any more." };
  if (!(await findActiveUser(tx, key.createdBy)))
    return { allowed: false, rule: "maker_disabled", detail: "Its maker's account is disabled." };
  const verdict = byRole(maker, permission);
  return { ...verdict, detail: `A personal key does what its maker may. ${verdict.detail}` };
}
