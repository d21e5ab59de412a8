/**
 * Steps 1–6 of the tour in a real browser, against the product as `npm start` brings it up. Prints one line per journey
 * and `N passed, N failed`. Needs chromium (CHROMIUM, default /usr/bin/chromium).
 */
import path from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { journeys as account } from "./account.journey.ts";
import { journeys as adjustments } from "./adjustments.journey.ts";
import { journeys as apps } from "./apps.journey.ts";
import { journeys as buy } from "./buy.journey.ts";
import { journeys as faults } from "./faults.journey.ts";
import { journeys as google } from "./google.journey.ts";
import { journeys as inbox } from "./inbox.journey.ts";
import { journeys as jobs } from "./jobs.journey.ts";
import { journeys as keyboard } from "./keyboard.journey.ts";
import { journeys as ledger } from "./ledger.journey.ts";
import { journeys as mailbox } from "./mailbox.journey.ts";
import { journeys as operator } from "./operator.journey.ts";
import { journeys as pay } from "./pay.journey.ts";
import { journeys as paypal } from "./paypal.journey.ts";
import { journeys as people } from "./people.journey.ts";
import { takePictures } from "./pictures.ts";
import { journeys as playground } from "./playground.journey.ts";
import { type Product, resultsDir, startProduct } from "./product.ts";
import { connectSandbox } from "./sandbox.ts";
import { journeys as relay } from "./relay.journey.ts";
import { journeys as reports } from "./reports.journey.ts";
import { journeys as secondFactors } from "./second-factors.journey.ts";
import { journeys as signIn } from "./sign-in.journey.ts";
import { journeys as signOut } from "./sign-out.journey.ts";
import { journeys as sso } from "./sso.journey.ts";
import type { Journey, Stage } from "./stage.ts";
import { journeys as subscribe } from "./subscribe.journey.ts";
import { journeys as team } from "./team.journey.ts";

const STEP_MS = 15_000;
const BROWSER = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** In this order: the first signs in, the last leaves faults behind it. */
const JOURNEYS: Journey[] = [
  signIn,
  apps,
  buy,
  playground,
  inbox,
  paypal,
  pay,
  ledger,
  jobs,
  mailbox,
  account,
  google,
  secondFactors,
  operator,
  relay,
  adjustments,
  subscribe,
  reports,
  people,
  keyboard,
  sso,
  team,
  faults,
].flat();

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const product = await startProduct();
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: BROWSER,
  });
  try {
    return await playAll(browser, product);
  } finally {
    await browser.close();
    await product.stop();
  }
}

async function playAll(browser: Browser, product: Product): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  context.setDefaultTimeout(STEP_MS);
  const page = await context.newPage();
  const scriptErrors: string[] = [];
  page.on("pageerror", (error) => scriptErrors.push(error.message));
  const stage: Stage = { page, product, sandbox: connectSandbox(product.sandboxUrl) };
  const only = process.argv[2];
  const all: Journey[] = [
    ...JOURNEYS.filter(
      ({ name }) => !only || signIn.some((each) => each.name === name) || name.includes(only),
    ),
    {
      name: "every screen fits its window, light and dark, wide and narrow",
      play: async () => takePictures(browser, product, await context.storageState(), resultsDir),
    },
    ...signOut,
    {
      name: "no script of the console failed",
      async play() {
        if (scriptErrors.length > 0) throw new Error(scriptErrors.join("\n"));
      },
    },
  ];
  let failed = 0;
  for (const journey of all) if (!(await passes(journey, stage, page))) failed += 1;
  say(`${all.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

async function passes(journey: Journey, stage: Stage, page: Page): Promise<boolean> {
  const startedAt = performance.now();
  try {
    await journey.play(stage);
    say(`ok      ${journey.name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
    return true;
  } catch (error) {
    const file = path.join(resultsDir, `failed-${journey.name.replaceAll(/\W+/g, "-").slice(0, 60)}.png`);
    await page.screenshot({ path: file });
    say(
      `failed  ${journey.name}\n        at ${page.url()}, picture ${path.basename(file)}\n        ${String(error)}`,
    );
    return false;
  }
}

process.exitCode = await main();
