/** Kills the server, and now and then everything, at random moments under the mixed load; then compares the books. */
import { setTimeout as delay } from "node:timers/promises";
import { compare } from "./compare.ts";
import { startLoad } from "./load.ts";
import { makeParties } from "./people.ts";
import { Product } from "./product.ts";
import { waitUntilQuiet } from "./quiet.ts";
import { createRandom } from "./random.ts";
import type { Report } from "./report.ts";

export type CrashOptions = { kills: number; groupKills: number; seed: string };

const PARTIES = 8;
const CALLERS = 2;
/** A purchase that was cut off waits a minute for its lease; others go on meanwhile. */
const BUYERS = 4;
/** Between two kills of the server; from the moment that it answers again. */
const BETWEEN_MS = { low: 50, high: 1_500 };
/** The contract's bound for calls whose process died; look-ups back off up to it. */
const QUIET_TIMEOUT_MS = 15 * 60_000;
const CREDITS_TIMEOUT_MS = 60_000;
/** Leases and readings of event lists so short that the end is reached within minutes. */
export const SHORT = {
  GATEWAY_HOLD_LEASE_SECONDS: "10",
  WEBHOOK_BACKFILL_SECONDS: "10",
  AUTH_LIMITS: "off",
};
/** Answers slow enough that kills hit calls in the middle. */
export const PACE = { first_token_ms: 60, tokens_per_second: 120 };

export async function crash(report: Report, options: CrashOptions): Promise<void> {
  const { kills, groupKills, seed } = options;
  const random = createRandom(seed);
  const product = await Product.start(SHORT);
  try {
    await product.control("PATCH", "openrouter/settings", PACE);
    const parties = await makeParties(product, PARTIES);
    const load = startLoad(product, {
      parties,
      buyers: BUYERS,
      callers: CALLERS,
      random: random.fork("load"),
    });
    await everyoneHasCredits(product, parties.length);
    const schedule = order(kills, groupKills, random.fork("schedule"));
    const startedAt = Date.now();
    for (const [at, whole] of schedule.entries()) {
      await delay(random.between(BETWEEN_MS.low, BETWEEN_MS.high));
      if (whole) await product.killAll();
      else while (!product.killServer()) await delay(5);
      if (!whole && !(await product.ready())) throw new Error("the server did not come back");
      if ((at + 1) % 20 === 0) report.note(`${at + 1} of ${schedule.length} kills`);
    }
    report.check("it came back after every kill", [], seconds(`${kills} + ${groupKills} kills`, startedAt));
    await delay(2_000);
    await load.stop();
    const { left, seconds: took } = await waitUntilQuiet(product, QUIET_TIMEOUT_MS);
    report.check("everything under way came to its end", left, `${took} s after the load`);
    await compare(report, product, parties, load.witness);
  } finally {
    await product.stop();
  }
  await product.remove();
}

/** Until then calls are only refused. */
export async function everyoneHasCredits(product: Product, parties: number): Promise<void> {
  for (const endsAt = Date.now() + CREDITS_TIMEOUT_MS; ; await delay(100)) {
    const [row] = await product.sql<{ n: number }>(
      "select count(*)::int as n from ledger.balances where account = 'wallet' and unit = 'credit' and balance > 0",
    );
    if (row?.n === parties) return;
    if (Date.now() > endsAt) throw new Error(`${row?.n} of ${parties} organizations got credits`);
  }
}

/** True stands for a kill of everything; those are spread at random among the others. */
function order(kills: number, groupKills: number, random: ReturnType<typeof createRandom>): boolean[] {
  const all = [...Array<boolean>(kills).fill(false), ...Array<boolean>(groupKills).fill(true)];
  for (let at = all.length - 1; at > 0; at -= 1) {
    const other = random.between(0, at);
    [all[at], all[other]] = [all[other] as boolean, all[at] as boolean];
  }
  return all;
}

const seconds = (text: string, since: number) => `${text} in ${Math.round((Date.now() - since) / 1_000)} s`;
