/** What customers and the shop's own people do, one act at a time. None of them knows what went wrong before. */
import { newId } from "../../server/platform/ids.ts";
import type { Billing } from "../../server/kernel/billing/index.ts";
import { subscribe } from "../../server/kernel/billing/subscriptions/checkouts/subscribe.ts";
import { Problem } from "../../server/platform/problem.ts";
import type { Purchase, Simulation } from "./simulate.ts";

type Act = (simulation: Simulation) => Promise<void>;

const begin: Act = async (simulation) => {
  const { random, orgs, companies } = simulation;
  const purchase: Purchase = {
    operationId: newId("idk"),
    org: random.pick(orgs),
    company: random.pick(companies),
    what: random.pick(["credits", "plan"]),
    begun: null,
  };
  simulation.purchases.push(purchase);
  await start(simulation, purchase);
};

/** Each organization subscribes, one by each company, before the storm: what comes later has something to befall. */
export async function subscribeAll(simulation: Simulation): Promise<void> {
  const { companies, orgs, random } = simulation;
  for (const [at, org] of orgs.entries()) {
    const company = companies[at % companies.length] ?? companies[0];
    const purchase: Purchase = { operationId: newId("idk"), org, company, what: "plan", begun: null };
    simulation.purchases.push(purchase);
    while (purchase.begun === null) await start(simulation, purchase);
    await company.visit(random, purchase.begun);
  }
}

/** The same request again, under the same key, as a client whose answer was lost does. */
const tryAgain: Act = async (simulation) => {
  const [first, ...rest] = simulation.purchases.filter(({ begun }) => begun === null);
  if (first) await start(simulation, simulation.random.pick([first, ...rest]));
};

async function start(simulation: Simulation, purchase: Purchase): Promise<void> {
  const { operationId, org, company, what } = purchase;
  const input = { orgId: org, actorId: "usr_1", mode: "test", operationId, provider: company.name } as const;
  const plan = { planKey: "pro", period: "month", currency: "usd", quantity: 1, trial: false } as const;
  const ask = async (billing: Billing): Promise<{ url: string; sessionId: string }> =>
    what === "credits"
      ? billing.purchase({ ...input, wanted: { packKey: "starter" } })
      : subscribe(billing.deps, { ...input, ...plan });
  const session = await simulation.live(({ billing }) => ask(billing).catch(overIsOver));
  if (session === "over") simulation.purchases.splice(simulation.purchases.indexOf(purchase), 1);
  else if (session) purchase.begun = { url: session.url, sessionId: session.sessionId };
}

const OVER = new Set(["checkout_over", "checkout_open", "already_subscribed"]);

/** What an earlier try began has expired unpaid, or another has what was wanted: whoever still wants it starts anew. */
function overIsOver(error: unknown): "over" {
  if (error instanceof Problem && OVER.has(error.kind.code)) return "over";
  throw error;
}

/** With a purchase that has a page; whoever has none begins one. */
const withBegun =
  (
    act: (
      simulation: Simulation,
      purchase: Purchase,
      begun: NonNullable<Purchase["begun"]>,
    ) => Promise<unknown>,
  ): Act =>
  async (simulation) => {
    const [first, ...rest] = simulation.purchases.filter(({ begun }) => begun !== null);
    if (!first) return begin(simulation);
    const purchase = simulation.random.pick([first, ...rest]);
    if (purchase.begun) await act(simulation, purchase, purchase.begun);
  };

const visit = withBegun(({ random }, { company }, begun) => company.visit(random, begun));

const comeBack = withBegun((simulation, _purchase, { sessionId }) =>
  simulation.live(({ billing }) => billing.checkoutStatus(sessionId)),
);

const refundThere: Act = ({ random, companies }) => random.pick(companies).refund(random);

export const CUSTOMER_ACTS = [
  begin,
  tryAgain,
  visit,
  visit,
  visit,
  visit,
  visit,
  comeBack,
  refundThere,
] as const satisfies readonly Act[];
