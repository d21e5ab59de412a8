import { randomBytes } from "node:crypto";
import { asTenant, type Tx } from "../../../platform/db/index.ts";
import { newId, type OrgId, type UserId } from "../../../platform/ids.ts";
import { commit } from "./chain.ts";
import { insertEntry, insertPersonal } from "./store.ts";

export type AuditEntry = {
  /** Whose trail it belongs to. */
  orgId: OrgId;
  /** A person's, key's or client's id; "system" for what nobody asked for. */
  actorId: string;
  /** Dotted words, noun first: `key.created`, `member.role_changed`. */
  action: string;
  /** Id of what was changed. */
  targetId?: string | null;
  /** Small and public within the organization; never a secret, never personal text. */
  detail?: Record<string, unknown>;
  /** Personal text by field, e.g. `{email}`, and whose it is. */
  personal?: { userId: UserId | null; fields: Record<string, string> };
};

const SALT_BYTES = 16;

/** Adds one entry in the caller's transaction, of whatever kind; it is there if and only if the change is. */
export async function audit(tx: Tx, now: Date, entry: AuditEntry): Promise<void> {
  const id = newId("aud");
  const personal = Object.entries(entry.personal?.fields ?? {}).map(([field, value]) => {
    const salt = randomBytes(SALT_BYTES);
    return { field, value, salt, commitment: commit(salt, value) };
  });
  await asTenant(tx, entry.orgId, async () => {
    await insertEntry(tx, {
      orgId: entry.orgId,
      id,
      actorId: entry.actorId,
      action: entry.action,
      targetId: entry.targetId ?? null,
      detail: entry.detail ?? {},
      commitments: Object.fromEntries(personal.map(({ field, commitment }) => [field, commitment])),
      now,
    });
    for (const { field, value, salt } of personal)
      await insertPersonal(tx, {
        orgId: entry.orgId,
        entryId: id,
        field,
        value,
        salt,
        userId: entry.personal?.userId ?? null,
      });
  });
}
