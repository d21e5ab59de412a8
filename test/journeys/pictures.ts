import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { AxeResults } from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { Product } from "./product.ts";

const SCREENS: Record<string, string> = {
  overview: "/",
  credits: "/credits",
  buy: "/credits?buy=1",
  "payment-methods": "/payment-methods",
  payments: "/payments",
  plans: "/plans",
  billing: "/billing",
  invoices: "/invoices",
  inbox: "/inbox",
  "dead-letters": "/dead-letters",
  replays: "/replays",
  endpoints: "/endpoints",
  ledger: "/ledger",
  reconciliation: "/reconciliation",
  refunds: "/refunds",
  playground: "/playground",
  usage: "/usage",
  models: "/models",
  "api-keys": "/api-keys",
  "call-limits": "/call-limits",
  "api-keys-create": "/api-keys?create=1",
  team: "/team",
  organization: "/organization",
  jobs: "/jobs",
  profile: "/profile",
  security: "/security",
  "sign-up": "/sign-up",
  "forgot-password": "/forgot-password",
  "reset-password": "/reset-password#token=over",
  "verify-email": "/verify-email#token=over",
  "sign-in": "/sign-in?error=provider_unavailable&provider=google",
  "connect-account": "/sign-in/connect",
  device: "/device",
  consent: "/consent?request_id=over",
  system: "/system",
  cache: "/cache",
  limits: "/limits",
  audit: "/audit",
  people: "/people",
  "installation-usage": "/installation-usage",
  revenue: "/revenue",
  margin: "/margin",
  proof: "/proof",
  relay: "/relay",
  seals: "/seals",
  adjustments: "/adjustments",
  "adjustments-give": "/adjustments?give=1",
  "all-payments": "/all-payments",
  "plan-versions": "/plan-versions",
  customers: "/customers",
  reports: "/reports",
  disputes: "/disputes",
  routing: "/routing",
  memory: "/memory",
  "provider-keys": "/provider-keys",
  "default-routing": "/default-routing",
  providers: "/providers",
  prices: "/prices",
  "open-holds": "/open-holds",
};
const WIDTHS = { wide: { width: 1440, height: 900 }, narrow: { width: 360, height: 740 } };
const LIMITED_MS = 90_000;
const THEMES = ["light", "dark"] as const;

type Cookies = NonNullable<BrowserContextOptions["storageState"]>;

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * Every screen, light and dark, wide and narrow, into `dir`, each loaded once. Fails where a page is wider than its window, where
 * something in it is cut off, and where axe finds something serious.
 */
export async function takePictures(
  browser: Browser,
  product: Product,
  cookies: Cookies,
  dir: string,
): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const wide: string[] = [];
  const cut: string[] = [];
  const barriers = new Map<string, string[]>();
  const context = await browser.newContext({ storageState: cookies });
  const page = await context.newPage();
  for (const [name, address] of Object.entries(SCREENS)) {
    await page.goto(product.consoleUrl + address);
    // So many loads in a minute meet the rate limits, and the console waits as long as it is told.
    await page.locator("h1").waitFor({ timeout: LIMITED_MS });
    for (const colorScheme of THEMES)
      for (const [size, viewport] of Object.entries(WIDTHS)) {
        const where = `${name} ${colorScheme} ${size}`;
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize(viewport);
        await page.locator("[data-skeleton]").first().waitFor({ state: "detached", timeout: LIMITED_MS });
        await comesToRest(page);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        if (over > 0) wide.push(`${where}: ${over} px`);
        for (const what of await cutOf(page)) cut.push(`${where}: ${what}`);
        for (const barrier of await barriersOf(page))
          barriers.set(barrier, [...(barriers.get(barrier) ?? []), where]);
        await page.screenshot({ path: path.join(dir, `${name}-${colorScheme}-${size}.png`) });
      }
  }
  await context.close();
  const found = [...barriers].map(([barrier, screens]) => `${barrier}\n      on ${screens.join(", ")}`);
  if (found.length > 0) throw new Error(`axe finds:\n    ${found.join("\n    ")}`);
  if (wide.length > 0) throw new Error(`Wider than the window: ${wide.join(", ")}`);
  if (cut.length > 0) throw new Error(`Cut off: ${cut.join(", ")}`);
}

/** Tables of which a column stands outside the window, and rows that cannot be told apart: their code is cut. */
const cutOf = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const isCut = (element: Element) => element.scrollWidth > element.clientWidth;
    const frames = [...document.querySelectorAll("section:has(> table)")].filter(isCut);
    const codes = [...document.querySelectorAll("td:first-child code")].filter((code) => {
      for (let at: Element | null = code; at && at.tagName !== "TR"; at = at.parentElement)
        if (isCut(at) && getComputedStyle(at).display !== "inline") return true;
      return false;
    });
    return [
      ...frames.map((frame) => `the table ${frame.getAttribute("aria-label")}`),
      ...codes.map((code) => code.textContent),
    ];
  });

/** Colours that change softly, from the next frame on, would be judged half way; a spinner is not waited for. */
const comesToRest = (page: Page) =>
  page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    for (const _ of [1, 2]) await frame();
    const isChanging = (each: Animation) => each instanceof CSSTransition && each.playState === "running";
    while (document.getAnimations().some(isChanging)) await frame();
  });

/** Fails where axe finds something serious on the page as it stands: for drawers and dialogs, which no address opens. */
export async function hasNoBarriers(page: Page, where: string): Promise<void> {
  const found = await barriersOf(page);
  if (found.length > 0) throw new Error(`axe finds in ${where}:\n    ${found.join("\n    ")}`);
}

/** What axe calls serious or critical once nothing fades any more, as "rule: the first element it is about". */
export async function barriersOf(page: Page): Promise<string[]> {
  await page.evaluate(async () => {
    const ends = document
      .getAnimations()
      .filter((each) => each.effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(ends.map(({ finished }) => finished));
  });
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe.run({
      resultTypes: ["violations"],
    }),
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160)}`);
}
