/** Stripe: the checkout page with cards of its own list, 3-D Secure, and its books by its API. */
import type { Json } from "../harness/client.ts";
import {
  answerOf,
  postForm,
  type Books,
  type Company,
  type Known,
  type Movement,
  type TheirSubscription,
} from "./company.ts";
import type { Credentials } from "./world.ts";

const CARDS = ["4242424242424242", "4242424242424242", "4000000000009995", "4000002760003184"] as const;
const ACCOUNT = "acct_sim";

export function stripeCompany({ api_key, base_url }: Credentials["stripe"]): Company {
  const headers = { authorization: `Bearer ${api_key}` };
  const call = (method: "GET" | "POST", path: string, form: Record<string, string> = {}) => {
    const query = new URLSearchParams(form);
    const url = `${base_url}/v1${path}${method === "GET" ? `?${query}` : ""}`;
    return answerOf(fetch(url, { method, headers, ...(method === "GET" ? {} : { body: query }) }));
  };
  const list = async (path: string, filter: Record<string, string> = {}): Promise<Json[]> => {
    const rows: Json[] = [];
    for (let after: string | undefined; ;) {
      const from = after ? { starting_after: after } : {};
      const page = await call("GET", path, { limit: "100", ...filter, ...from });
      if (!page) throw new Error(`${path} cannot be read`);
      rows.push(...(page.data as Json[]));
      after = rows.at(-1)?.id as string | undefined;
      if (page.has_more !== true) return rows;
    }
  };
  return {
    name: "stripe",
    accountId: ACCOUNT,
    async visit(random, { url, sessionId }) {
      const roll = random.between(1, 10);
      if (roll <= 6)
        await postForm(url, {
          number: random.pick(CARDS),
          exp: "12/34",
          cvc: "123",
          name: "Ada",
          email: "ada@example.com",
        });
      else if (roll <= 9)
        await postForm(`${url}/authenticate`, { outcome: random.pick(["complete", "complete", "fail"]) });
      else await call("POST", `/checkout/sessions/${sessionId}/expire`);
    },
    async refund(random) {
      const found = await call("GET", "/charges", { limit: "100" });
      const paid = ((found?.data ?? []) as Json[]).filter(
        ({ status, refunded }) => status === "succeeded" && !refunded,
      );
      const [first, ...rest] = paid;
      if (!first) return;
      const charge = random.pick([first, ...rest]);
      const left = Number(charge.amount) - Number(charge.amount_refunded);
      const amount = random.between(0, 2) === 0 ? left : random.between(1, left);
      await call("POST", "/refunds", { charge: String(charge.id), amount: String(amount) });
    },
    async books(): Promise<Books> {
      const charges = (await list("/charges")).filter(({ status }) => status === "succeeded");
      const refunds = (await list("/refunds")).filter(({ status }) => status === "succeeded");
      const [sessions, intents] = [await list("/checkout/sessions"), await list("/payment_intents")];
      const subscriptions = await list("/subscriptions", { status: "all" });
      const moved = (await list("/balance_transactions")).filter(({ type }) => type !== "payout");
      return {
        captured: charges.map(movement),
        refunded: refunds.map(movement),
        netMinor: moved.reduce((total, { net }) => total + BigInt(Number(net)), 0n),
        events: (await list("/events")).map(({ id, type }) => ({ id: String(id), type: String(type) })),
        async of({ id, session, charge: known }): Promise<Known> {
          // What pays an invoice carries no id of ours.
          const ours = charges.filter(
            (charge) => (charge.metadata as Json).holdfast_id === id || charge.id === known,
          );
          const own = sessions.filter(({ metadata }) => (metadata as Json).holdfast_id === id);
          const chargeIds = new Set(ours.map((charge) => charge.id));
          return {
            checkouts: own.map((each) => String(each.id)),
            charges: ours.map(movement),
            refunds: refunds.filter(({ charge }) => chargeIds.has(charge)).map(movement),
            unpaid: unpaidStates(
              own.find((each) => each.id === session),
              intents,
            ),
          };
        },
        async subscriptions({ id }) {
          return subscriptions.filter(({ metadata }) => (metadata as Json).holdfast_id === id).map(theirs);
        },
      };
    },
  };
}

const STATES: Record<string, string[]> = {
  incomplete: ["incomplete"],
  active: ["active"],
  past_due: ["past_due", "suspended"],
  unpaid: ["suspended"],
};

function theirs(found: Json): TheirSubscription {
  const [item] = (found.items as { data: Json[] }).data;
  const states = STATES[String(found.status)];
  return {
    id: String(found.id),
    states: states ?? ["canceled", "duplicate"],
    live: states !== undefined,
    quantity: Number(item?.quantity ?? 1),
    periodEnd: new Date(Number(item?.current_period_end) * 1000),
  };
}

const movement = ({ id, amount, payment_intent: intent }: Json): Movement => ({
  id: String(id),
  amountMinor: BigInt(Number(amount)),
  ...(typeof intent === "string" ? { root: intent } : {}),
});

function unpaidStates(session: Json | undefined, intents: readonly Json[]): string[] {
  if (!session) return ["failed"];
  if (session.status === "expired") return ["canceled"];
  const intent = intents.find(({ id }) => id === session.payment_intent);
  const status = intent?.status ?? "requires_payment_method";
  return [status === "requires_confirmation" ? "requires_payment_method" : String(status)];
}
