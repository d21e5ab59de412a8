/** What an invoice would be: the very act, done in the books and undone again. */
import { saveObject } from "../books.ts";
import type { World } from "../../core/company.ts";
import { currency } from "../catalog/money.ts";
import { getCustomer } from "../customers/customers.ts";
import { BY_ITSELF } from "../payments/charges.ts";
import { invalid } from "../protocol/errors.ts";
import { operation } from "../protocol/operation.ts";
import {
  bool,
  integer,
  list,
  metadata,
  nowOr,
  object,
  oneOf,
  oneOfBuilt,
  text,
  unsettable,
  type Read,
} from "../protocol/params.ts";
import { changeBilling, changesBilling } from "../subscriptions/billing-change.ts";
import { itemChange } from "../subscriptions/change-items.ts";
import { beginSubscription } from "../subscriptions/create.ts";
import { MAX_ITEMS } from "../subscriptions/items.ts";
import { draftCycle, nextPeriod } from "../subscriptions/renew.ts";
import { getSubscription, isOver, type Subscription } from "../subscriptions/subscription.ts";
import { balanceAfter } from "./finalize.ts";
import type { Invoice } from "./invoice.ts";

const previewParams = {
  currency: currency(),
  customer: text(),
  preview_mode: oneOfBuilt(["next"], ["recurring"]),
  subscription: text(),
  subscription_details: object({
    billing_cycle_anchor: nowOr(),
    cancel_at: unsettable(integer(0)),
    cancel_at_period_end: bool(),
    items: list(itemChange, MAX_ITEMS),
    metadata: metadata(),
    proration_behavior: oneOf("create_prorations", "none", "always_invoice"),
    proration_date: integer(0),
    trial_end: nowOr(),
  }),
};
type Input = Read<typeof previewParams>;

class Undo extends Error {
  readonly invoice: Invoice;
  constructor(invoice: Invoice) {
    super("undo");
    this.invoice = invoice;
  }
}

/** Runs `act` and takes back all it wrote. */
function asIf(world: World, act: () => Invoice): Invoice {
  try {
    return world.store.atomic(() => {
      throw new Undo(act());
    });
  } catch (thrown) {
    if (thrown instanceof Undo) return thrown.invoice;
    throw thrown;
  }
}

/** The next invoice of a subscription as it stands or as it would be changed. */
function ofSubscription(world: World, old: Subscription, input: Input): Invoice {
  if (isOver(old)) {
    throw invalid(
      "Invoices for a canceled subscription cannot be previewed.",
      undefined,
      "invoice_upcoming_none",
    );
  }
  const details = input.subscription_details ?? {};
  const { billing_cycle_anchor: anchor, trial_end: end, cancel_at_period_end: ends, ...rest } = details;
  if (typeof anchor === "number")
    throw invalid("billing_cycle_anchor must be now.", "subscription_details[billing_cycle_anchor]");
  const change = {
    ...(rest.items === undefined ? {} : { items: rest.items }),
    ...(rest.proration_behavior === undefined ? {} : { proration_behavior: rest.proration_behavior }),
    ...(rest.proration_date === undefined ? {} : { proration_date: rest.proration_date }),
    ...(anchor === undefined ? {} : { billing_cycle_anchor: anchor }),
    ...(end === undefined ? {} : { trial_end: end }),
  };
  let next = old;
  if (changesBilling(change)) {
    const changed = changeBilling(world, old, change, BY_ITSELF);
    if (changed.invoice !== null) return changed.invoice;
    next = saveObject(world, changed.next);
  }
  if (ends ?? next.cancel_at_period_end) {
    throw invalid(
      "No upcoming invoices for this subscription: it ends with its period.",
      undefined,
      "invoice_upcoming_none",
    );
  }
  return draftCycle(world, next, nextPeriod(world, next));
}

/** The first invoice of a subscription that is not there yet. */
function ofNew(world: World, input: Input): Invoice {
  const details = input.subscription_details;
  if (input.customer === undefined || details?.items === undefined) {
    throw invalid("You must pass subscription, or customer with subscription_details[items].", "customer");
  }
  const { items, trial_end, billing_cycle_anchor: anchor, proration_behavior } = details;
  const given = {
    customer: input.customer,
    items: (items ?? []).map(({ id: _id, deleted: _deleted, ...item }) => item),
    ...(trial_end === undefined ? {} : { trial_end }),
    ...(typeof anchor === "number" ? { billing_cycle_anchor: anchor } : {}),
    ...(proration_behavior === undefined ? {} : { proration_behavior }),
  };
  return beginSubscription(world, given, BY_ITSELF).invoice;
}

/** As a preview shows it: no invoice of that name will ever be there. */
function shown(world: World, invoice: Invoice, prorationDate: number | undefined): Invoice {
  const id = `upcoming_${invoice.id}`;
  const customer = getCustomer(world, String(invoice.customer), "customer");
  const { due, ending } = balanceAfter(invoice, customer.balance);
  const parent = invoice.parent;
  const details = parent?.subscription_details ?? null;
  return {
    ...invoice,
    id,
    amount_due: due,
    amount_remaining: due,
    auto_advance: false,
    automatically_finalizes_at: null,
    billing_reason: "upcoming",
    ending_balance: ending,
    lines: {
      ...invoice.lines,
      data: invoice.lines.data.map((line) => ({
        ...line,
        id: line.id.replace("il_", "il_tmp_"),
        invoice: id,
      })),
      url: `/v1/invoices/${id}/lines`,
    },
    parent:
      parent === null || details === null || prorationDate === undefined
        ? parent
        : { ...parent, subscription_details: { ...details, subscription_proration_date: prorationDate } },
  };
}

export function previewInvoice(world: World, input: Input): Invoice {
  const invoice = asIf(world, () =>
    input.subscription === undefined
      ? ofNew(world, input)
      : ofSubscription(world, getSubscription(world, input.subscription, "subscription"), input),
  );
  return shown(world, invoice, input.subscription_details?.proration_date);
}

export const previewOperations = [
  operation("POST", "/v1/invoices/create_preview", previewParams, ({ world, params }) =>
    previewInvoice(world, params),
  ),
];
