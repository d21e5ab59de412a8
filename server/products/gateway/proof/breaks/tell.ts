import { operatorAddresses } from "../../../../kernel/identity/index.ts";
import { withSystemTx } from "../../../../platform/db/index.ts";
import type { Gateway } from "../../settling/state.ts";
import { takeUntold } from "./store.ts";
import { PROOF_MAIL } from "./mails.ts";

const MODES = ["live", "test"] as const;

/** Mails the operators once about breaks that opened; what is found again is not told again. */
export async function tellProofBreaks({ deps: { clock, db, mail } }: Gateway): Promise<void> {
  await withSystemTx(db, async (tx) => {
    const untold = await takeUntold(tx, clock.now());
    for (const mode of MODES) {
      const found = untold.filter((row) => row.mode === mode).length;
      if (found === 0) continue;
      for (const to of await operatorAddresses(tx))
        await mail.send(tx, { kind: PROOF_MAIL, to, ref: { mode, found: String(found) } });
    }
  });
}
