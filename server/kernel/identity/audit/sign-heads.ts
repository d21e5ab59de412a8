import type { Clock } from "../../../platform/clock.ts";
import type { Signer } from "../../../platform/crypto/index.ts";
import { type Db, withOperatorTx, withTx } from "../../../platform/db/index.ts";
import type { Logger } from "../../../platform/telemetry/index.ts";
import { headBytes } from "./chain.ts";
import { findHead, insertHead, listUnsigned } from "./chain-store.ts";

const AT_ONCE = 200;

/**
 * Signs the end of every chain once a day and tells it to the log: whoever keeps logs elsewhere can prove later that nothing
 * before it was changed. True when there may be more.
 */
export async function signHeads({
  db,
  clock,
  signer,
  logger,
}: {
  db: Db;
  clock: Clock;
  signer: Signer;
  logger: Logger;
}): Promise<boolean> {
  const now = clock.now();
  const day = now.toISOString().slice(0, 10);
  const due = await withOperatorTx(db, (tx) => listUnsigned(tx, day, AT_ONCE));
  for (const orgId of due) {
    const signed = await withTx(db, orgId, async (tx) => {
      const head = await findHead(tx, orgId);
      if (!head) return null;
      const { keyVersion, signature } = signer.sign(headBytes(orgId, head.seq, head.hash));
      const made = { ...head, day, keyVersion, signature, signedAt: now };
      return (await insertHead(tx, orgId, made)) ? made : null;
    });
    if (signed)
      logger.info(
        {
          org: orgId,
          day,
          seq: Number(signed.seq),
          hash: signed.hash.toString("hex"),
          key_version: signed.keyVersion,
          signature: signed.signature.toString("base64"),
        },
        "audit head",
      );
  }
  return due.length === AT_ONCE;
}
