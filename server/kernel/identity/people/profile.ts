import { addMs } from "../../../platform/clock.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import { type Actor, demandProof, personIn } from "../../../platform/http/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { requestAddress } from "../address/change-address.ts";
import { findOpenAddress } from "../address/store.ts";
import { audit } from "../audit/index.ts";
import { findOpenDeletion, type OpenDeletion } from "../deletion/store.ts";
import type { IdentityDeps } from "../deps.ts";
import { findProfile, type Notifications, type Profile, profileTag, updateProfile } from "./profile-store.ts";

const CACHED_SECONDS = 300;

/** A new address can be confirmed for so long. */
const CONFIRMED_WITHIN_MS = 86_400_000;

export type ShownProfile = Profile & {
  /** Where a mail waits that would make it the person's address. */
  pendingEmail: string | null;
  /** Mail to the address came back, or was called spam. */
  addressFlagged: boolean;
  deletion: OpenDeletion | null;
};

export type ProfileChange = {
  fullName?: string | undefined;
  locale?: string | undefined;
  timeZone?: string | undefined;
  notifications?: { [K in keyof Notifications]?: boolean | undefined } | undefined;
  email?: string | undefined;
};

/** One's own profile, from the cache. Whoever changes a part of it drops `profile:…`, or `user:…`, which drops it too. */
export async function profileOf(
  { cache, db, clock, mail }: IdentityDeps,
  userId: UserId,
): Promise<ShownProfile> {
  const entry = { resource: "profile", org: null, key: userId, tags: [profileTag(userId)] };
  const profile = await cache.get({ ...entry, ttlSeconds: CACHED_SECONDS }, () =>
    withSystemTx(db, async (tx) => {
      const found = await findProfile(tx, userId);
      if (!found) throw new Problem(common.unauthenticated);
      const since = addMs(clock.now(), -CONFIRMED_WITHIN_MS);
      return {
        ...found,
        pendingEmail: await findOpenAddress(tx, userId, since),
        deletion: await findOpenDeletion(tx, userId),
      };
    }),
  );
  return { ...profile, addressFlagged: (await mail.knownState(profile.email)) !== "fine" };
}

/**
 * Changes what is named. A new address is mailed first and needs a fresh proof of the person; so is the one they have, while
 * it is flagged.
 */
export async function changeProfile(
  deps: IdentityDeps,
  actor: Actor,
  change: ProfileChange,
): Promise<ShownProfile> {
  const userId = personIn(actor);
  const now = deps.clock.now();
  await withSystemTx(deps.db, async (tx) => {
    const is = await findProfile(tx, userId);
    if (!is) throw new Problem(common.unauthenticated);
    await updateProfile(tx, {
      ...is,
      fullName: change.fullName ?? is.fullName,
      locale: change.locale ?? is.locale,
      timeZone: change.timeZone ?? is.timeZone,
      notifications: {
        new_device: change.notifications?.new_device ?? is.notifications.new_device,
      },
    });
    if (change.fullName !== undefined) await deps.personChanged(tx, userId);
    deps.cache.invalidate(tx, [profileTag(userId)]);
    const fields = Object.keys(change).filter((name) => change[name as keyof ProfileChange] !== undefined);
    await audit(tx, now, {
      orgId: actor.orgId,
      actorId: userId,
      action: "profile.changed",
      targetId: userId,
      detail: { fields },
    });
    const email = change.email?.toLowerCase();
    if (email === undefined) return;
    if (email === is.email && (await deps.mail.addressState(tx, email)) === "fine") return;
    demandProof(actor, now);
    await requestAddress(tx, deps, is, email);
  });
  return profileOf(deps, userId);
}
