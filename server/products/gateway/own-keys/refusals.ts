import { ownersOf } from "../../../kernel/tenancy/index.ts";
import { withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { Gateway } from "../settling/state.ts";
import { OWN_KEY_MAIL } from "./mails.ts";
import type { OwnKeyId } from "./own-key.ts";
import { noteRefused, noteWorks } from "./store.ts";

/** As many refusals in a row say that the key is no good. */
const MOST_REFUSALS = 3;

/** The provider refused an organization's key. The third time in a row it is asked by no more, and the owners are told. */
export async function keyRefused({ deps, ownKeys }: Gateway, org: OrgId, id: OwnKeyId): Promise<void> {
  await withTx(deps.db, org, async (tx) => {
    const key = await noteRefused(tx, org, id, MOST_REFUSALS);
    if (key?.refusals !== MOST_REFUSALS) return;
    for (const { email } of await ownersOf(tx, org))
      await deps.mail.send(tx, { kind: OWN_KEY_MAIL, to: email, orgId: org, ref: { id } });
  });
  ownKeys.changed(org);
}

/** It worked: refusals before it count no more. */
export async function keyWorked({ deps, ownKeys }: Gateway, org: OrgId, id: OwnKeyId): Promise<void> {
  const key = ownKeys.known(org)?.find((each) => each.id === id);
  if (!key || key.refusals === 0) return;
  await withTx(deps.db, org, (tx) => noteWorks(tx, org, id));
  ownKeys.changed(org);
}
