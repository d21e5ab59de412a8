/** The mixed load in bad weather, then calm; the end state is compared with the companies' own books. */
import { setTimeout as delay } from "node:timers/promises";
import { compare } from "./compare.ts";
import { everyoneHasCredits, PACE, SHORT } from "./crash.ts";
import { startLoad } from "./load.ts";
import { makeParties } from "./people.ts";
import { Product } from "./product.ts";
import { waitUntilQuiet } from "./quiet.ts";
import { createRandom } from "./random.ts";
import type { Report } from "./report.ts";
import { calm, switchOnEverything } from "./weather.ts";

export type SoakOptions = { seconds: number; seed: string };

const PARTIES = 8;
/** More than without faults, since many wait for one. */
const CALLERS = 6;
const BUYERS = 2;
const QUIET_TIMEOUT_MS = 20 * 60_000;

export async function soak(report: Report, { seconds, seed }: SoakOptions): Promise<void> {
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
    const faults = await switchOnEverything(product, random.fork("weather"));
    report.note(`${faults} faults on for ${seconds} s`);
    const server = product.run.children["server"];
    await delay(seconds * 1_000);
    report.check(
      "the server lived through it",
      product.run.children["server"] === server ? [] : ["it was started again"],
    );
    await calm(product);
    await load.stop();
    const { left, seconds: took } = await waitUntilQuiet(product, QUIET_TIMEOUT_MS);
    report.check("everything under way came to its end", left, `${took} s after the load`);
    const { silentCuts } = load.witness.calls;
    report.check(
      "no answer stopped in the middle without a word",
      silentCuts.map(({ requestId }) => requestId),
    );
    await compare(report, product, parties, load.witness);
  } finally {
    await product.stop();
  }
  await product.remove();
}
