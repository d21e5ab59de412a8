import { z } from "zod";
import type { World } from "../../core/company.ts";
import { childrenOf, link } from "../books.ts";
import { PayPalError, notBuilt } from "../errors.ts";
import { moneyInput, toMoney, type Money } from "../money.ts";
import { operation, type Answer, type Call, type Keyed } from "../operation.ts";
import type { CaptureEntry } from "../payments/capture.ts";
import { patchInput, readBody, type Patch } from "../read.ts";
import { activateAgain, cancel, captureOutstanding, suspend } from "./change.ts";
import { reviseInput, subscriptionInput } from "./input.ts";
import { makeSubscription, reviseSubscription } from "./subscribe.ts";
import {
  approveLink,
  getSubscription,
  presentSubscription,
  saveSubscription,
  tell,
  type SubscriptionEntry,
} from "./subscription.ts";

const subscriptions = "/v1/billing/subscriptions";
const reasonInput = z.object({ reason: z.string().min(1).max(128) });
const activateInput = z.object({ reason: z.string().min(1).max(128).optional() });
const captureInput = z.object({
  note: z.string().min(1).max(128),
  capture_type: z.enum(["OUTSTANDING_BALANCE"]),
  amount: moneyInput,
});

const present = (call: Pick<Call, "world" | "prefer">, entry: SubscriptionEntry, status: number): Answer => ({
  status,
  body: presentSubscription(call.world, entry, call.prefer),
  id: entry.id,
});
const keyed: Keyed = {
  hours: 72,
  latest: (call, id) => present(call, getSubscription(call.world, id), 200),
};

function showTransaction({ body }: CaptureEntry, entry: SubscriptionEntry): Record<string, unknown> {
  const { subscriber } = entry.body;
  const parts = body.seller_receivable_breakdown;
  const zero: Money = toMoney(0n, body.amount.currency_code);
  return {
    id: body.id,
    status: body.status,
    amount_with_breakdown: {
      gross_amount: body.amount,
      fee_amount: parts?.paypal_fee ?? zero,
      net_amount: parts?.net_amount ?? body.amount,
    },
    ...(subscriber?.name === undefined ? {} : { payer_name: subscriber.name }),
    ...(subscriber?.email_address === undefined ? {} : { payer_email: subscriber.email_address }),
    time: body.create_time,
  };
}

const paymentsOf = (world: World, id: string): CaptureEntry[] =>
  childrenOf(world, id, "capture") as CaptureEntry[];

function instant(query: URLSearchParams, name: string): number {
  const at = Date.parse(query.get(name) ?? "");
  if (Number.isNaN(at))
    throw new PayPalError(400, "INVALID_REQUEST", {
      details: [
        {
          field: name,
          location: "query",
          issue: query.get(name) === null ? "MISSING_REQUIRED_PARAMETER" : "INVALID_PARAMETER_SYNTAX",
          description: "The value of a field does not conform to the expected format.",
        },
      ],
    });
  return at;
}

function listTransactions({ world, id, query }: Call): Answer {
  const entry = getSubscription(world, id);
  const [from, to] = [instant(query, "start_time"), instant(query, "end_time")];
  const found = paymentsOf(world, id).filter(({ createdMs }) => createdMs >= from && createdMs <= to);
  return {
    status: 200,
    body: {
      transactions: found.map((payment) => showTransaction(payment, entry)),
      total_items: found.length,
      total_pages: 1,
      links: [link(world, `${subscriptions}/${id}/transactions?${query.toString()}`, "self")],
    },
  };
}

function patchSubscription(world: World, entry: SubscriptionEntry, patch: Patch): void {
  for (const { op, path, value } of patch) {
    const given = Buffer.from(JSON.stringify(value ?? null));
    if (path === "/custom_id" && (op === "add" || op === "replace"))
      entry.body.custom_id = readBody(z.string().min(1).max(127), given);
    else throw notBuilt(`a patch of ${String(path)}`);
  }
  saveSubscription(world, entry);
  tell(world, entry, "BILLING.SUBSCRIPTION.UPDATED");
}

const done = (act: () => void): Answer => {
  act();
  return { status: 204 };
};

export const subscriptionOperations = [
  operation(
    "POST",
    subscriptions,
    subscriptionInput,
    (call) => present(call, makeSubscription(call.world, call.body), 201),
    keyed,
  ),
  operation("GET", `${subscriptions}/{id}`, null, ({ world, id }) =>
    present({ world, prefer: "representation" }, getSubscription(world, id), 200),
  ),
  operation("PATCH", `${subscriptions}/{id}`, patchInput, ({ world, id, body }) =>
    done(() => patchSubscription(world, getSubscription(world, id), body)),
  ),
  operation("POST", `${subscriptions}/{id}/revise`, reviseInput, ({ world, id, body }) => {
    const entry = getSubscription(world, id);
    reviseSubscription(world, entry, body);
    const { asked, agreed } = entry.meta;
    const self = link(world, `${subscriptions}/${id}`, "self");
    return {
      status: 200,
      body: {
        plan_id: (asked ?? agreed)?.planId ?? entry.body.plan_id,
        quantity: (asked ?? agreed)?.quantity ?? entry.body.quantity,
        plan_overridden: entry.body.plan_overridden,
        links: asked === null ? [self] : [approveLink(world, entry.meta), self],
      },
    };
  }),
  operation("POST", `${subscriptions}/{id}/suspend`, reasonInput, ({ world, id, body }) =>
    done(() => suspend(world, getSubscription(world, id), body.reason)),
  ),
  operation("POST", `${subscriptions}/{id}/cancel`, reasonInput, ({ world, id, body }) =>
    done(() => cancel(world, getSubscription(world, id), body.reason)),
  ),
  operation("POST", `${subscriptions}/{id}/activate`, activateInput, ({ world, id, body }) =>
    done(() => activateAgain(world, getSubscription(world, id), body.reason)),
  ),
  operation(
    "POST",
    `${subscriptions}/{id}/capture`,
    captureInput,
    ({ world, id, body }) => {
      const before = paymentsOf(world, id).length;
      captureOutstanding(world, getSubscription(world, id), body.amount);
      const payment = paymentsOf(world, id)[before];
      return { status: 202, ...(payment === undefined ? {} : { id: payment.id }) };
    },
    {
      hours: 72,
      latest: ({ world, id: subscriptionId }, id) => {
        const payment = paymentsOf(world, subscriptionId).find((each) => each.id === id);
        const entry = getSubscription(world, subscriptionId);
        return payment === undefined
          ? { status: 202 }
          : { status: 200, body: showTransaction(payment, entry) };
      },
    },
  ),
  operation("GET", `${subscriptions}/{id}/transactions`, null, listTransactions),
];
