import type { Mail } from "../../../../kernel/mail/index.ts";
import { countByKind } from "./store.ts";
import type { BreakKind } from "../finding.ts";

export const PROOF_MAIL = "gateway.proof_breaks";

const WORDS: Readonly<Record<BreakKind, string>> = {
  ledger_missing: "Paid by our rows, not in the ledger",
  attempt_missing: "In the ledger, not in our rows",
  ledger_amount: "Another amount in the ledger",
  provider_amount: "Another amount at the provider",
  provider_missing: "Unknown to the provider",
};

/** What operators are told: how many, of which kind, and where to look. */
export function proofMails(mail: Pick<Mail, "define">): void {
  mail.define<{ mode: "test" | "live"; found: string }>({
    kind: PROOF_MAIL,
    async compose(tx, { mode, found }, letter) {
      const counts = (await countByKind(tx)).filter((row) => row.mode === mode);
      if (counts.length === 0) return null;
      return {
        subject: `${found} new ${found === "1" ? "break" : "breaks"} in the daily proof of model calls`,
        blocks: [
          {
            text: `What model calls cost is not the same on all sides in ${found} new places (${mode} mode). Open now:`,
          },
          { facts: counts.map(({ kind, count }) => [WORDS[kind], String(count)]) },
          { button: "Look at the proof", url: letter.link("/proof") },
        ],
      };
    },
  });
}
