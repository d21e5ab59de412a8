import { operatorAddresses } from "../../../kernel/identity/index.ts";
import type { Mail } from "../../../kernel/mail/index.ts";
import type { Tx } from "../../../platform/db/index.ts";
import { listActiveLines } from "../models/store.ts";
import { changesOf } from "./read.ts";
import { listLines, listVersions } from "./store.ts";

const DRAFT_MAIL = "gateway.price_draft";

/** Tells operators of a draft, in the transaction that makes it. */
export async function tellOfDraft(tx: Tx, mail: Pick<Mail, "send">, version: string): Promise<void> {
  for (const to of await operatorAddresses(tx))
    await mail.send(tx, { kind: DRAFT_MAIL, to, ref: { version } });
}

/** What operators are told of a list that waits for them. */
export function priceMails(mail: Pick<Mail, "define">): void {
  mail.define<{ version: string }>({
    kind: DRAFT_MAIL,
    async compose(tx, { version }, letter) {
      const draft = (await listVersions(tx)).find((each) => each.version === version);
      // Decided meanwhile.
      if (draft?.state !== "draft") return null;
      const changes = changesOf(await listLines(tx, [version]), await listActiveLines(tx));
      const models = new Set(changes.map(({ model }) => model)).size;
      return {
        subject: `${draft.provider} lists other prices`,
        blocks: [
          { text: "Nothing counts until an operator has approved it; calls go on at the prices of before." },
          {
            facts: [
              ["Models with another price", String(models)],
              ["Prices that differ", String(changes.length)],
              ["Version", version],
            ],
          },
          { button: "Look at the prices", url: letter.link("/prices") },
        ],
      };
    },
  });
}
