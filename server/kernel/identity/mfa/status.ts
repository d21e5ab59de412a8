import { type Db, withSystemTx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import type { Factor } from "../sessions/session.ts";
import { listFactors } from "../sessions/store.ts";
import { countCodesLeft } from "./code-store.ts";
import { findTotp } from "./store.ts";

export type MfaStatus = { factors: readonly Factor[]; totpConfirmedAt: Date | null; codesLeft: number };

/** What the person has set up. */
export function mfaStatus(db: Db, userId: UserId): Promise<MfaStatus> {
  return withSystemTx(db, async (tx) => {
    const [factors, totp, codesLeft] = await Promise.all([
      listFactors(tx, userId),
      findTotp(tx, userId),
      countCodesLeft(tx, userId),
    ]);
    return { factors, totpConfirmedAt: totp?.confirmedAt ?? null, codesLeft };
  });
}
