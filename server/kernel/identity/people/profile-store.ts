import type { Tx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";

/** What a person is mailed about, of what they may leave out. */
export type Notifications = { new_device: boolean };

export type Profile = {
  id: UserId;
  email: string;
  fullName: string;
  locale: string;
  timeZone: string;
  notifications: Notifications;
  hasPassword: boolean;
  createdAt: Date;
};

/** Under which a person's profile is cached. */
export const profileTag = (id: UserId): string => `profile:${id}`;

const DEFAULTS: Notifications = { new_device: true };

export async function findProfile(tx: Tx, id: UserId): Promise<Profile | null> {
  const [row] = await tx.query<{
    email: string;
    full_name: string;
    locale: string;
    time_zone: string;
    notifications: Partial<Notifications>;
    has_password: boolean;
    created_at: Date;
  }>(
    "identity_profile",
    `select email, full_name, locale, time_zone, notifications, password_hash is not null as has_password, created_at
     from identity.users where id = $1`,
    [id],
  );
  if (!row) return null;
  return {
    id,
    email: row.email,
    fullName: row.full_name,
    locale: row.locale,
    timeZone: row.time_zone,
    notifications: { ...DEFAULTS, ...row.notifications },
    hasPassword: row.has_password,
    createdAt: row.created_at,
  };
}

export async function updateProfile(
  tx: Tx,
  { id, fullName, locale, timeZone, notifications }: Profile,
): Promise<void> {
  await tx.query(
    "identity_update_profile",
    "update identity.users set full_name = $2, locale = $3, time_zone = $4, notifications = $5 where id = $1",
    [id, fullName, locale, timeZone, JSON.stringify(notifications)],
  );
}
