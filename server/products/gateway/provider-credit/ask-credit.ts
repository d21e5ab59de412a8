import { operatorAddresses } from "../../../kernel/identity/index.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import { formatAtto, parseAtto } from "../../../platform/money.ts";
import type { LanguageModels } from "../../../vendors/llm/index.ts";
import type { Gateway } from "../settling/state.ts";
import { CREDIT_MAIL } from "./mails.ts";
import { forgetCredit, noteCredit } from "./store.ts";

const TIMEOUT_MS = 10_000;

/**
 * Asks every provider that tells what is left to spend there: an account that runs dry refuses all calls. Operators hear of
 * it once each time that it falls below the installation's mark. Who does not answer keeps what was known.
 */
export async function askCredits(gateway: Gateway, signal: AbortSignal): Promise<void> {
  for (const { llm } of gateway.providers.values()) {
    if (signal.aborted) return;
    await askOne(gateway, llm, signal);
  }
}

async function askOne({ deps }: Gateway, llm: LanguageModels, signal: AbortSignal): Promise<void> {
  const asked_at = deps.clock.now();
  const told = await llm.creditLeft(AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]));
  if (told.state !== "found") {
    if (told.state === "unavailable") deps.logger.warn({ provider: llm.name }, "credit left was not told");
    return;
  }
  const { leftAtto } = told;
  const provider = llm.name;
  await withSystemTx(deps.db, async (tx) => {
    if (leftAtto === null) return forgetCredit(tx, provider);
    const low = leftAtto < parseAtto(String(deps.lowCreditUsd));
    const before = await noteCredit(tx, { provider, left_usd: formatAtto(leftAtto), low, asked_at });
    if (!low || before === undefined || before?.low) return;
    for (const to of await operatorAddresses(tx))
      await deps.mail.send(tx, { kind: CREDIT_MAIL, to, ref: { provider } });
  });
}
