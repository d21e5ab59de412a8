import type { Mail } from "../../../kernel/mail/index.ts";
import { ratioOf } from "./drift.ts";
import { listDrifts } from "./store.ts";

export const DRIFT_MAIL = "gateway.price_drift";

/** What operators are told of a provider that bills another price than its table says. */
export function driftMails(mail: Pick<Mail, "define">): void {
  mail.define<{ provider: string; model: string }>({
    kind: DRIFT_MAIL,
    async compose(tx, { provider, model }, letter) {
      const drift = (await listDrifts(tx)).find((row) => row.provider === provider && row.model === model);
      if (!drift || drift.state === "ok") return null;
      const percent = (ratioOf(drift) * 100).toFixed(1);
      return {
        subject: drift.model_paused
          ? `${model} is paused: ${provider} bills another price`
          : `${provider} bills another price for ${model}`,
        blocks: [
          {
            text: drift.model_paused
              ? "The bill is more than 20 % off its table. The model is refused until an operator lets it be called again."
              : "The bill is more than 2 % off its table. A new price list may be due.",
          },
          {
            facts: [
              ["Bill beside table", `${percent} %`],
              ["Calls", String(drift.calls)],
              ["Price version", drift.version],
            ],
          },
          { button: "Look at the proof", url: letter.link("/proof") },
        ],
      };
    },
  });
}
