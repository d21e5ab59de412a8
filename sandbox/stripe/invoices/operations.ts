import { fieldIs, listObjects, paging, pagingCreated } from "../books.ts";
import type { World } from "../../core/company.ts";
import { getCustomer } from "../customers/customers.ts";
import { methodOf, resolvePaymentMethod } from "../customers/payment-methods.ts";
import { declinedError } from "../payments/pay.ts";
import { invalid, StripeError } from "../protocol/errors.ts";
import { operation, type Cause } from "../protocol/operation.ts";
import { bool, mergeMetadata, metadata, oneOf, oneOfBuilt, text, type Read } from "../protocol/params.ts";
import { collectInvoice } from "./collect.ts";
import { finalizeInvoice, markUncollectible, voidInvoice } from "./finalize.ts";
import { changeInvoice, customerIdOf, getInvoice, type Invoice, type InvoiceLine } from "./invoice.ts";
import { intentOf } from "./invoice-payments.ts";
import { settleInvoice } from "./settle.ts";

const PATH = "/v1/invoices";

const payParams = { off_session: bool(), paid_out_of_band: bool(), payment_method: text() };

function payInvoice(world: World, given: Invoice, input: Read<typeof payParams>, cause: Cause): Invoice {
  const invoice = given.status === "draft" ? finalizeInvoice(world, given, cause) : given;
  if (invoice.status === "paid") {
    if (given.status === "draft") return invoice;
    throw invalid("Invoice is already paid", undefined, "invoice_already_paid");
  }
  if (invoice.status === "void") {
    throw invalid("You can only pay open invoices. This invoice is void.", undefined, "invoice_not_editable");
  }
  if (input.paid_out_of_band === true) return settleInvoice(world, invoice, null, cause, { outOfBand: true });
  const method =
    input.payment_method === undefined
      ? undefined
      : input.payment_method.startsWith("pm_card_")
        ? resolvePaymentMethod(world, input.payment_method)
        : methodOf(world, customerIdOf(invoice), input.payment_method, "payment_method");
  const session = input.off_session === false ? "on" : "invoice";
  const options = { session, automatic: false, ...(method === undefined ? {} : { method }) } as const;
  const after = collectInvoice(world, invoice, options, cause);
  if (after.status === "paid") return after;
  throw unpaid(world, after);
}

/** The effects of a try that failed stay. */
function unpaid(world: World, invoice: Invoice): StripeError {
  const intent = intentOf(world, invoice);
  if (intent !== null && intent.last_payment_error !== null) return declinedError(intent);
  const asks = intent?.status === "requires_action";
  return new StripeError(
    402,
    {
      type: "card_error",
      code: asks
        ? "invoice_payment_intent_requires_action"
        : "invoice_payment_intent_requires_payment_method",
      message: asks
        ? "Payment for this invoice requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with the invoice."
        : "This customer has no attached payment source or default payment method. Please consider adding a default payment method.",
    },
    true,
  );
}

export const invoiceOperations = [
  operation("GET", `${PATH}/{id}`, {}, ({ world, id }) => getInvoice(world, id)),
  operation(
    "POST",
    `${PATH}/{id}`,
    {
      auto_advance: bool(),
      default_payment_method: text(),
      description: text(1500),
      footer: text(5000),
      metadata: metadata(),
    },
    ({ world, id, params, cause }) => {
      const old = getInvoice(world, id);
      const { metadata: change, ...rest } = params;
      if (rest.default_payment_method !== undefined) {
        methodOf(world, customerIdOf(old), rest.default_payment_method, "default_payment_method");
      }
      const fixed = ["description", "footer"].find((name) => name in rest);
      if (old.status !== "draft" && fixed !== undefined) {
        throw invalid("Finalized invoices can't be updated in this way", fixed, "invoice_not_editable");
      }
      return changeInvoice(
        world,
        old,
        { ...rest, metadata: mergeMetadata(old.metadata ?? {}, change) },
        cause,
      );
    },
  ),
  operation("POST", `${PATH}/{id}/finalize`, { auto_advance: bool() }, ({ world, id, params, cause }) => {
    const draft = getInvoice(world, id);
    const { auto_advance: advance } = params;
    return finalizeInvoice(world, advance === undefined ? draft : { ...draft, auto_advance: advance }, cause);
  }),
  operation("POST", `${PATH}/{id}/pay`, payParams, ({ world, id, params, cause }) =>
    payInvoice(world, getInvoice(world, id), params, cause),
  ),
  operation("POST", `${PATH}/{id}/void`, {}, ({ world, id, cause }) =>
    voidInvoice(world, getInvoice(world, id), cause),
  ),
  operation("POST", `${PATH}/{id}/mark_uncollectible`, {}, ({ world, id, cause }) =>
    markUncollectible(world, getInvoice(world, id), cause),
  ),
  operation("GET", `${PATH}/{id}/lines`, paging, ({ world, id, params }) => {
    const all = getInvoice(world, id).lines.data;
    const after =
      params.starting_after === undefined ? -1 : all.findIndex((line) => line.id === params.starting_after);
    const data: InvoiceLine[] = all.slice(after + 1, after + 1 + (params.limit ?? 10));
    return { object: "list", data, has_more: all.at(-1) !== data.at(-1), url: `${PATH}/${id}/lines` };
  }),
  operation(
    "GET",
    PATH,
    {
      ...pagingCreated,
      collection_method: oneOfBuilt(["charge_automatically"], ["send_invoice"]),
      customer: text(),
      status: oneOf("draft", "open", "paid", "uncollectible", "void"),
      subscription: text(),
    },
    ({ world, params: { collection_method: method, customer, status, subscription, ...page } }) => {
      if (customer !== undefined) getCustomer(world, customer, "customer");
      return listObjects<Invoice>(world, "invoice", PATH, page, [
        ...fieldIs("collection_method", method),
        ...fieldIs("customer", customer),
        ...fieldIs("status", status),
        ...fieldIs("parent.subscription_details.subscription", subscription),
      ]);
    },
  ),
];
