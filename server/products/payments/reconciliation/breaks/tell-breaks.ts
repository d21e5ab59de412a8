import { operatorAddresses } from "../../../../kernel/identity/index.ts";
import type { Mail } from "../../../../kernel/mail/index.ts";
import { withSystemTx } from "../../../../platform/db/index.ts";
import { countBreaks, takeUntold } from "./break-store.ts";
import type { ReconciliationDeps } from "../deps.ts";

export const BREAKS_MAIL = "payments.breaks";
const MODES = ["live", "test"] as const;

/** Mails the operators once about breaks that opened; what is found again is not told again. */
export async function tellBreaks({ clock, db, mail }: ReconciliationDeps): Promise<void> {
  await withSystemTx(db, async (tx) => {
    const untold = await takeUntold(tx, clock.now());
    for (const mode of MODES) {
      const found = untold.filter((row) => row.mode === mode);
      if (found.length === 0) continue;
      for (const to of await operatorAddresses(tx))
        await mail.send(tx, { kind: BREAKS_MAIL, to, ref: { mode, found: String(found.length) } });
    }
  });
}

/** What operators are told: how many, of which kind, and where to look. */
export function breakMails(mail: Pick<Mail, "define">): void {
  mail.define<{ mode: "test" | "live"; found: string }>({
    kind: BREAKS_MAIL,
    async compose(tx, { mode, found }, letter) {
      const counts = await countBreaks(tx, { mode });
      const open = counts.filter(({ state }) => state === "open");
      if (open.length === 0) return null;
      return {
        subject: `${found} new ${found === "1" ? "break" : "breaks"} in the books`,
        blocks: [
          {
            text: `The companies' books and ours do not agree in ${found} new places (${mode} mode). Open now:`,
          },
          { facts: open.map(({ account_id, kind, count }) => [`${kind}, ${account_id}`, String(count)]) },
          { button: "Look at the breaks", url: letter.link("/reconciliation") },
        ],
      };
    },
  });
}
