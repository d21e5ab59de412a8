import { queryKey } from "../../../platform/cache/index.ts";
import { type Db, withTx } from "../../../platform/db/index.ts";
import type { Role } from "../../../platform/http/index.ts";
import type { OrgId, UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { findUsers, type User } from "../../identity/index.ts";
import type { CachedDb } from "../cached.ts";
import { findMembership, listMemberships, type Membership } from "./store.ts";

export type Member = Membership & { user: User };

type Wanted = { role: Role | null; search: string | null };
type Position = { at: Date; id: string } | null;

/** Memberships read at once while looking for a name, and how often at most. */
const BATCH = 500;
const MAX_BATCHES = 40;

const CACHED_SECONDS = 300;

/** Members of an organization, oldest first; those whose name or address holds `search`. */
export function membersOf(
  { db, cache }: CachedDb,
  orgId: OrgId,
  wanted: Wanted,
  limit: number,
  after: Position,
): Promise<Member[]> {
  const key = queryKey({ ...wanted, limit, after });
  const entry = { resource: "members", org: orgId, key, ttlSeconds: CACHED_SECONDS };
  return cache.get({ ...entry, tags: [`users:${orgId}`] }, () =>
    readMembers(db, orgId, wanted, limit, after),
  );
}

function readMembers(
  db: Db,
  orgId: OrgId,
  { role, search }: Wanted,
  limit: number,
  after: Position,
): Promise<Member[]> {
  return withTx(db, orgId, async (tx) => {
    const found: Member[] = [];
    const batch = search === null ? limit : BATCH;
    let position = after;
    for (let batches = 0; batches < MAX_BATCHES && found.length < limit; batches += 1) {
      const memberships = await listMemberships(tx, orgId, role, batch, position);
      const users = await findUsers(
        tx,
        memberships.map(({ userId }) => userId),
      );
      found.push(...join(memberships, users).filter(({ user }) => matches(user, search)));
      const last = memberships.at(-1);
      if (!last || memberships.length < batch || search === null) break;
      position = { at: last.createdAt, id: last.userId };
    }
    return found.slice(0, limit);
  });
}

function join(memberships: readonly Membership[], users: readonly User[]): Member[] {
  const byId = new Map(users.map((user) => [user.id, user]));
  return memberships.flatMap((membership) => {
    const user = byId.get(membership.userId);
    return user ? [{ ...membership, user }] : [];
  });
}

function matches({ fullName, email }: User, search: string | null): boolean {
  if (search === null) return true;
  const wanted = search.toLowerCase();
  return fullName.toLowerCase().includes(wanted) || email.includes(wanted);
}

/** 404 for somebody who is no member. */
export function memberOf(db: Db, orgId: OrgId, userId: UserId): Promise<Member> {
  return withTx(db, orgId, async (tx) => {
    const membership = await findMembership(tx, orgId, userId);
    const [user] = membership ? await findUsers(tx, [userId]) : [];
    if (!membership || !user) throw new Problem(common.not_found);
    return { ...membership, user };
  });
}
