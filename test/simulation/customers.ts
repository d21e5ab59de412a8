/** What customers and the shop's own people do, one act at a time. None of them knows what went wrong before. */
import { newId } from "../../server/platform/ids.ts";
import { Problem } from "../../server/platform/problem.ts";
import type { Json } from "../harness/client.ts";
import type { Purchase, Simulation } from "./simulate.ts";

type Act = (simulation: Simulation) => Promise<void>;

const CARDS = ["4242424242424242", "4242424242424242", "4000000000009995", "4000002760003184"] as const;

const begin: Act = async (simulation) => {
  const org = simulation.random.pick(simulation.orgs as [(typeof simulation.orgs)[number]]);
  const purchase: Purchase = { operationId: newId("idk"), org, started: false, url: null, sessionId: null };
  simulation.purchases.push(purchase);
  await start(simulation, purchase);
};

/** The same request again, under the same key, as a client whose answer was lost does. */
const tryAgain: Act = async (simulation) => {
  const left = simulation.purchases.filter(({ url }) => url === null);
  if (left.length > 0) await start(simulation, simulation.random.pick(left as [Purchase]));
};

async function start(simulation: Simulation, purchase: Purchase): Promise<void> {
  const { operationId, org } = purchase;
  const input = {
    orgId: org,
    actorId: "usr_1",
    mode: "test",
    provider: "stripe",
    packKey: "starter",
    operationId,
  } as const;
  const session = await simulation.live(({ billing }) => billing.purchase(input).catch(overIsOver));
  if (session === "over") simulation.purchases.splice(simulation.purchases.indexOf(purchase), 1);
  else if (session) Object.assign(purchase, { url: session.url, sessionId: session.sessionId });
}

/** What an earlier try began has expired unpaid: whoever still wants it starts anew. */
function overIsOver(error: unknown): "over" {
  if (error instanceof Problem && error.kind.code === "checkout_over") return "over";
  throw error;
}

const started = ({ purchases }: Simulation) => purchases.filter(({ url }) => url !== null);

const pay: Act = async (simulation) => {
  const { random, world } = simulation;
  const open = started(simulation);
  if (open.length === 0) return begin(simulation);
  const { url } = random.pick(open as [Purchase]);
  const number = random.pick(CARDS);
  await world.page(url ?? "", { number, exp: "12/34", cvc: "123", name: "Ada", email: "ada@example.com" });
};

const authenticate: Act = async (simulation) => {
  const open = started(simulation);
  if (open.length === 0) return begin(simulation);
  const { url } = simulation.random.pick(open as [Purchase]);
  const outcome = simulation.random.pick(["complete", "complete", "fail"]);
  await simulation.world.page(`${url}/authenticate`, { outcome });
};

const comeBack: Act = async (simulation) => {
  const open = started(simulation);
  if (open.length === 0) return begin(simulation);
  const { sessionId } = simulation.random.pick(open as [Purchase]);
  await simulation.live(({ billing }) => billing.checkoutStatus(sessionId ?? ""));
};

const leave: Act = async (simulation) => {
  const open = started(simulation);
  if (open.length === 0) return begin(simulation);
  const { sessionId } = simulation.random.pick(open as [Purchase]);
  await simulation.world.call("POST", `/checkout/sessions/${sessionId}/expire`);
};

/** Somebody refunds on the company's own pages, in part or whole. */
const refundThere: Act = async ({ random, world }) => {
  const found = await world.call("GET", "/charges", { limit: "100" });
  const paid = ((found?.data ?? []) as Json[]).filter(
    ({ status, refunded }) => status === "succeeded" && !refunded,
  );
  if (paid.length === 0) return;
  const charge = random.pick(paid as [Json]);
  const left = Number(charge.amount) - Number(charge.amount_refunded);
  const amount = random.between(0, 2) === 0 ? left : random.between(1, left);
  await world.call("POST", "/refunds", { charge: String(charge.id), amount: String(amount) });
};

export const CUSTOMER_ACTS = [
  begin,
  tryAgain,
  pay,
  pay,
  pay,
  authenticate,
  comeBack,
  leave,
  refundThere,
] as const satisfies readonly Act[];
