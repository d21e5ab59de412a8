import type { Page } from "playwright-core";
import { hasNoBarriers } from "./pictures.ts";
import { personIn, type NewPerson } from "./person.ts";
import { EFFECT_MS, open, proveAnew, type Journey, type Stage } from "./stage.ts";

type Company = "Stripe" | "PayPal";
const PEOPLE: Record<Company, NewPerson> = {
  Stripe: { name: "Suki Stripe", email: "suki@people.example", password: "Quiet Harbour 8" },
  PayPal: { name: "Pablo Paypal", email: "pablo@people.example", password: "Quiet Harbour 8" },
};
/** Its bank asks each time. */
const ASKS = "4000002760003184";

const cardOf = (page: Page, plan: string) => page.getByRole("region", { name: plan, exact: true });

async function plans(page: Page, { product }: Stage): Promise<void> {
  await page.goto(`${product.consoleUrl}/plans`);
  await page.getByRole("heading", { level: 1, name: "Plans" }).waitFor();
}

/** From the plan's card to the first payment on the company's page, and back to where the plan has begun. */
async function subscribe(page: Page, stage: Stage, company: Company): Promise<void> {
  await plans(page, stage);
  await page.getByRole("button", { name: company, exact: true }).click();
  await hasNoBarriers(page, `the plans, by ${company}`);
  await cardOf(page, "Pro").getByRole("button", { name: "Subscribe" }).click();
  if (company === "Stripe") await payAsked(page);
  else await approve(page);
  await page.waitForURL(/\/billing\/return/, { timeout: EFFECT_MS });
  await page.getByText("Your plan has begun").waitFor({ timeout: EFFECT_MS });
}

/** By a card whose bank asks: refused first, which begins nothing, then agreed to. */
async function payAsked(page: Page): Promise<void> {
  for (const answer of ["Fail", "Complete"]) {
    await page.getByRole("button", { name: /^Pays/ }).click();
    await page.getByLabel("Card number").fill(ASKS);
    await page.locator("#pay").getByRole("button", { name: "Subscribe" }).click();
    await page.getByRole("button", { name: answer }).click();
    if (answer === "Fail") await page.getByRole("alert").waitFor();
  }
}

async function approve(page: Page): Promise<void> {
  await page.getByRole("heading", { name: "Who pays?" }).waitFor({ timeout: EFFECT_MS });
  await page.getByRole("button", { name: /^Approves/ }).click();
}

/** To the dearer plan, for what the dialog said; by PayPal it is paid first, then agreed to. */
async function upgrade(page: Page, stage: Stage, company: Company): Promise<void> {
  await plans(page, stage);
  await cardOf(page, "Enterprise").getByRole("button", { name: "Change to Enterprise" }).click();
  const pay = page.getByRole("dialog").getByRole("button", { name: /^Pay \$/ });
  await pay.waitFor();
  await hasNoBarriers(page, "the dialog of a change of plan");
  await pay.click();
  if (company === "Stripe") await answer(page, stage);
  else {
    await approve(page);
    await page.getByText("Paid: one step is left").waitFor({ timeout: EFFECT_MS });
    await page.getByRole("link", { name: "See the plan" }).click();
    await page.getByRole("link", { name: "Go on with it" }).click({ timeout: EFFECT_MS });
    await approve(page);
    await page.waitForURL(/\/billing/, { timeout: EFFECT_MS });
  }
  await page.goto(`${stage.product.consoleUrl}/billing`);
  await page.getByRole("heading", { level: 2, name: "Enterprise" }).waitFor({ timeout: EFFECT_MS });
  await hasNoBarriers(page, "the billing screen");
}

/** The bank asks again: the change waits, told on the billing screen, until it is answered on our own page. */
async function answer(page: Page, stage: Stage): Promise<void> {
  await page.waitForURL(/\/pay\/pay_/, { timeout: EFFECT_MS });
  await page.goto(`${stage.product.consoleUrl}/billing`);
  await page.getByRole("heading", { level: 2, name: "Pro" }).waitFor({ timeout: EFFECT_MS });
  await page.getByRole("link", { name: "Go on with it" }).click();
  await page.getByRole("button", { name: /^Pay \$/ }).click();
  await page.getByRole("button", { name: "Complete" }).click();
  await page.getByText(/^You paid \$/).waitFor({ timeout: EFFECT_MS });
}

/** An operator gives back what the upgrade cost, and ends the subscription with it. */
async function refund(stage: Stage, org: string): Promise<void> {
  const { page } = stage;
  await proveAnew(stage);
  await open(stage, `/all-payments?org=${org}`, "All payments");
  await page
    .getByRole("button", { name: /^Open the payment of .*succeeded$/ })
    .first()
    .click();
  await page.getByRole("dialog").getByRole("button", { name: "Refund…" }).click();
  const dialog = page.getByRole("dialog", { name: "Refund a payment" });
  await dialog.getByLabel("Subscription").selectOption("now");
  await hasNoBarriers(page, "the dialog of a refund");
  await dialog.getByLabel("How much").selectOption("partial");
  await dialog.getByLabel("Amount, USD").fill("1.005");
  await dialog.getByRole("button", { name: "Refund" }).click();
  await dialog.getByText("A number with 2 places at most").waitFor();
  await dialog.getByLabel("How much").selectOption("full");
  await dialog.getByRole("button", { name: "Refund" }).click();
  await page.getByText("Refunded", { exact: true }).first().waitFor({ timeout: EFFECT_MS });
}

const journey = (company: Company): Journey => ({
  name: `subscription: by ${company}, ${company === "Stripe" ? "3-D Secure" : "approval"}, an upgrade and a refund that ends it`,
  async play(stage) {
    await personIn(stage, PEOPLE[company], async (page) => {
      page.setDefaultTimeout(EFFECT_MS);
      await subscribe(page, stage, company);
      await upgrade(page, stage, company);
      const org = await page.evaluate(async () => {
        const me = (await (await fetch("/api/auth/me")).json()) as { organization: { id: string } };
        return me.organization.id;
      });
      await refund(stage, org);
      await page.goto(`${stage.product.consoleUrl}/payments`);
      await page.getByText("Refunded", { exact: true }).first().waitFor();
      await page.goto(`${stage.product.consoleUrl}/billing`);
      await page.getByRole("heading", { level: 2, name: "Free" }).waitFor();
      await page.goto(`${stage.product.consoleUrl}/invoices`);
      await page.getByText("Paid", { exact: true }).nth(1).waitFor();
      await hasNoBarriers(page, "the invoices");
    });
  },
});

export const journeys: Journey[] = [journey("Stripe"), journey("PayPal")];
