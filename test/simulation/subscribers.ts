/** What those who subscribe do besides paying: change the plan, look at what waits for them, cancel, come back. */
import { newId } from "../../server/platform/ids.ts";
import { Problem } from "../../server/platform/problem.ts";
import { cancel, reactivate } from "../../server/kernel/billing/subscriptions/changes/cancel.ts";
import {
  changePlan,
  type ChangeOrder,
} from "../../server/kernel/billing/subscriptions/changes/change-plan.ts";
import { previewChange } from "../../server/kernel/billing/subscriptions/changes/preview.ts";
import type { Simulation } from "./simulate.ts";

type Act = (simulation: Simulation) => Promise<unknown>;

const ACTOR = { actorId: "usr_1", mode: "test" } as const;
/** What is answered with these is how things stand, no fault: there is nothing to change, or it is too late. */
const isRefusal = (error: unknown) => error instanceof Problem && error.kind.status < 429;
const orRefused = <T>(answer: Promise<T>): Promise<T | null> =>
  answer.catch((error: unknown) => {
    if (isRefusal(error)) return null;
    throw error;
  });

const order: Act = async (simulation) => {
  const { random, orgs, orders } = simulation;
  const wanted = {
    orgId: random.pick(orgs),
    mode: ACTOR.mode,
    planKey: random.pick(["pro", "enterprise"]),
    period: "month" as const,
    quantity: random.between(1, 3),
  };
  const shown = await simulation.live(({ billing }) => orRefused(previewChange(billing.deps, wanted)));
  if (!shown || shown.row.direction === "same") return;
  const made: ChangeOrder = {
    ...wanted,
    ...ACTOR,
    previewId: shown.row.id,
    direction: shown.row.direction === "up" ? "up" : "down",
  };
  orders.push(made);
  await simulation.live(({ billing }) => orRefused(changePlan(billing.deps, made)));
};

/** The same order again, as a client whose answer was lost sends it, soon or days later. */
const orderAgain: Act = async (simulation) => {
  const [first, ...rest] = simulation.orders;
  if (!first) return;
  const again = simulation.random.pick([first, ...rest]);
  await simulation.live(({ billing }) => orRefused(changePlan(billing.deps, again)));
};

/** The page that a change of plan waits at. */
const follow: Act = async ({ random, orgs, companies, live }) => {
  const org = random.pick(orgs);
  const url = await live(async ({ billing }) => (await billing.current(org, "test")).nextUrl);
  const paypal = companies.find(({ name }) => name === "paypal");
  if (url) await paypal?.visit(random, { url, sessionId: "" });
};

const end: Act = ({ random, orgs, live }) => {
  const input = { orgId: random.pick(orgs), ...ACTOR, operationId: newId("idk") };
  const at = random.pick<"period_end" | "now">(["period_end", "period_end", "now"]);
  return live(({ billing }) => orRefused(cancel(billing.deps, { ...input, at })));
};

const comeBack: Act = ({ random, orgs, live }) => {
  const input = { orgId: random.pick(orgs), ...ACTOR, operationId: newId("idk") };
  return live(({ billing }) => orRefused(reactivate(billing.deps, input)));
};

export const SUBSCRIBER_ACTS = [
  order,
  order,
  orderAgain,
  follow,
  follow,
  end,
  comeBack,
] as const satisfies readonly Act[];
