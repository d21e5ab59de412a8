import type { PageRequest, World } from "../../core/company.ts";
import { createPaymentMethod } from "../customers/payment-methods.ts";
import { collectInvoice } from "../invoices/collect.ts";
import { getInvoice, type Invoice } from "../invoices/invoice.ts";
import { intentOf } from "../invoices/invoice-payments.ts";
import { invoicePdf } from "../invoices/pdf.ts";
import { afterIntent } from "../invoices/settle.ts";
import { BY_ITSELF } from "../payments/charges.ts";
import { authenticateIntent } from "../payments/pay.ts";
import type { StripeError } from "../protocol/errors.ts";
import {
  answerJson,
  cardIn,
  formOf,
  html,
  redirect,
  refusalOf,
  refusedBy,
  wantsJson,
  worldWith,
} from "./answer.ts";
import { messagePage } from "./checkout-page.ts";
import { invoicePage } from "./invoice-page.ts";

/** The hosted invoice: read, paid with a card, and kept as a file. */
export function serveInvoice(page: PageRequest, id: string, act: string): void {
  const world = worldWith(page, "invoice", id);
  const invoice = world === null ? null : getInvoice(world, id);
  if (world === null || invoice === null || invoice.status === "draft") {
    return html(page.res, 404, messagePage("There is no such invoice", "Check the address."));
  }
  if (act === "/pdf") {
    const type = { "content-type": "application/pdf", "cache-control": "no-store" };
    const name = `attachment; filename="Invoice-${invoice.number ?? invoice.id}.pdf"`;
    return void page.res.writeHead(200, { ...type, "content-disposition": name }).end(invoicePdf(invoice));
  }
  if (page.method === "GET") return show(page, world, id, 200, null);
  const error = act === "/authenticate" ? answerBank(page, world, invoice) : pay(page, world, invoice);
  if (error !== null) return show(page, world, id, 402, error);
  if (wantsJson(page)) return show(page, world, id, 200, null);
  redirect(world, page.res, `/stripe/invoices/${id}`);
}

function pay(page: PageRequest, world: World, invoice: Invoice): StripeError | null {
  if (invoice.status !== "open" && invoice.status !== "uncollectible") return null;
  return refusedBy(world, () => {
    const form = formOf(page);
    const details = { email: form.get("email") || invoice.customer_email, name: form.get("name") || null };
    const method = createPaymentMethod(world, cardIn(world, form), details);
    collectInvoice(world, invoice, { method, session: "on", automatic: false }, BY_ITSELF);
    return refusalOf(intentOf(world, invoice)?.last_payment_error);
  });
}

function answerBank(page: PageRequest, world: World, invoice: Invoice): StripeError | null {
  const intent = intentOf(world, invoice);
  if (intent?.status !== "requires_action") return null;
  return refusedBy(world, () => {
    const after = authenticateIntent(world, intent, formOf(page).get("outcome") === "complete");
    afterIntent(world, intent.id, BY_ITSELF);
    return refusalOf(after.last_payment_error);
  });
}

function show(page: PageRequest, world: World, id: string, status: number, error: StripeError | null): void {
  const invoice = getInvoice(world, id);
  const asks = intentOf(world, invoice)?.status === "requires_action";
  if (wantsJson(page)) {
    const body = {
      status: invoice.status,
      requires_action: asks,
      redirect_url: null,
      error: error?.body ?? null,
    };
    return answerJson(world, page.res, status, body);
  }
  const given = status === 402 ? formOf(page) : new URLSearchParams();
  const view = {
    asks,
    error: error?.body.message ?? null,
    param: error?.body.param ?? null,
    email: invoice.customer_email,
    given,
  };
  const text = invoicePage(invoice, view);
  world.store.afterCommit(() => html(page.res, status, text));
}
