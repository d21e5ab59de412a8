import type { Tx } from "../../../../platform/db/index.ts";
import { audit } from "../../../../kernel/identity/index.ts";
import { ownersOf } from "../../../../kernel/tenancy/index.ts";
import type { RelayDeps } from "../deps.ts";
import type { Endpoint, SealedSecrets } from "./endpoint.ts";
import { updateEndpoint } from "./endpoint-store.ts";
import { RELAY_MAIL } from "./mails.ts";
import { failWaiting } from "../messages/message-store.ts";

/** Turns an endpoint off that can no longer be reached, and tells the owners; what waited can be replayed later. */
export async function disable(
  tx: Tx,
  { clock, mail }: Pick<RelayDeps, "clock" | "mail">,
  endpoint: Endpoint & SealedSecrets,
  reason: "gone" | "failing",
): Promise<void> {
  const now = clock.now();
  const { orgId, id } = endpoint;
  await updateEndpoint(tx, { ...endpoint, enabled: false, disabledReason: reason });
  await failWaiting(tx, orgId, id, now);
  await audit(tx, now, {
    orgId,
    actorId: "system",
    action: "outbound_endpoint.disabled",
    targetId: id,
    detail: { reason },
  });
  for (const { email } of await ownersOf(tx, orgId))
    await mail.send(tx, { kind: RELAY_MAIL, to: email, ref: { endpoint_id: id } });
}
