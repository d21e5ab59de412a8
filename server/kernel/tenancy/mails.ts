import { hashToken } from "../../platform/crypto/index.ts";
import type { Tx } from "../../platform/db/index.ts";
import type { OrgId } from "../../platform/ids.ts";
import { findUsers } from "../identity/index.ts";
import type { Block, Mail } from "../mail/index.ts";
import { findInvitation, insertToken } from "./invitations/store.ts";
import { findAnyKey } from "./keys/store.ts";
import { findName } from "./organizations/store.ts";

/** Live tokens of one invitation at most; the oldest gives way. */
const MOST_TOKENS = 3;

type Define = Pick<Mail, "define">;

/** How tenancy's mails are written. At boot, in every process. */
export function tenancyMails(mail: Define): void {
  invitationMail(mail);
  memberMails(mail);
  organizationMails(mail);
  keyMails(mail);
}

const orgOf = (tx: Tx): OrgId => {
  if (!tx.org) throw new Error("the mail names its organization");
  return tx.org;
};

function invitationMail(mail: Define): void {
  mail.define<{ invitation_id: string }>({
    kind: "tenancy.invitation",
    async compose(tx, { invitation_id: id }, letter) {
      const orgId = orgOf(tx);
      const invitation = await findInvitation(tx, orgId, id);
      const name = await findName(tx, orgId);
      if (invitation?.state !== "pending" || invitation.expiresAt <= letter.now || name === null) return null;
      const token = letter.token();
      await insertToken(tx, orgId, id, { hash: hashToken(token), most: MOST_TOKENS, now: letter.now });
      const [inviter] = invitation.invitedBy.startsWith("usr_")
        ? await findUsers(tx, [invitation.invitedBy as `usr_${string}`])
        : [];
      const who = inviter ? inviter.fullName : "An administrator";
      return {
        subject: `Join ${name} on Holdfast`,
        blocks: [
          { text: `${who} invites you to ${name} as ${invitation.role}.` },
          { button: "See the invitation", url: letter.link(`/invitation#token=${token}`) },
          { note: "It is good for 7 days, and for this address only. If you did not expect it, do nothing." },
        ],
      };
    },
  });
}

/** A mail that says one thing of the organization. */
function define(
  mail: Define,
  kind: string,
  write: (name: string, ref: Record<string, string>) => [string, Block[]],
) {
  mail.define<Record<string, string>>({
    kind,
    async compose(tx, ref) {
      const name = await findName(tx, orgOf(tx));
      if (name === null) return null;
      const [subject, blocks] = write(name, ref);
      return { subject, blocks };
    },
  });
}

function memberMails(mail: Define): void {
  define(mail, "tenancy.role_changed", (name, { role = "" }) => [
    `Your role in ${name} changed`,
    [{ text: `You are now ${role} in ${name}.` }],
  ]);
  define(mail, "tenancy.removed", (name) => [
    `You are no longer in ${name}`,
    [{ text: `Your membership of ${name} has ended, and with it your API keys there.` }],
  ]);
}

function organizationMails(mail: Define): void {
  define(mail, "tenancy.suspended", (name) => [
    `${name} was suspended`,
    [
      {
        text: `The operator of this installation has suspended ${name}. People and keys are refused; jobs wait.`,
      },
      { text: "Billing and export go on." },
    ],
  ]);
  define(mail, "tenancy.resumed", (name) => [
    `${name} goes on`,
    [{ text: `${name} is suspended no more. What waited goes on by itself.` }],
  ]);
}

function keyMails(mail: Define): void {
  mail.define<{ key_id: string; days: string }>({
    kind: "tenancy.key_expiring",
    async compose(tx, { key_id: id, days }, letter) {
      const key = await findAnyKey(tx, orgOf(tx), id);
      const name = await findName(tx, orgOf(tx));
      if (!key || key.revoked || name === null) return null;
      const when = days === "0" ? "has expired" : `expires within ${days} days`;
      return {
        subject: `API key “${key.name}” ${when}`,
        blocks: [
          { text: `The API key “${key.name}” of ${name} ${when}.` },
          {
            facts: [
              ["Key", key.prefix],
              ...(key.expiresAt ? [["Ends", key.expiresAt.toISOString()] as const] : []),
            ],
          },
          { button: "Open API keys", url: letter.link("/api-keys") },
        ],
      };
    },
  });
  mail.define<{ key_id: string }>({
    kind: "tenancy.key_leaked",
    async compose(tx, { key_id: id }, letter) {
      const key = await findAnyKey(tx, orgOf(tx), id);
      const name = await findName(tx, orgOf(tx));
      if (!key || name === null) return null;
      return {
        subject: `API key “${key.name}” was found in public and ended`,
        blocks: [
          { text: `Somebody reported the API key “${key.name}” of ${name} as leaked. It was ended at once.` },
          { facts: [["Key", key.prefix]] },
          {
            text: "Make a new key, replace the old one where it was used, and look for what was done with it.",
          },
          { button: "Open API keys", url: letter.link("/api-keys") },
        ],
      };
    },
  });
}
