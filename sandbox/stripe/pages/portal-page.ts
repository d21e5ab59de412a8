import { allObjects, fieldIs } from "../books.ts";
import type { World } from "../../core/company.ts";
import { formatAmount } from "../catalog/money.ts";
import type { Price } from "../catalog/prices.ts";
import type { Customer } from "../customers/customers.ts";
import type { PaymentMethod } from "../customers/payment-methods.ts";
import type { Invoice } from "../invoices/invoice.ts";
import { productName } from "../invoices/lines.ts";
import type { PortalSession } from "../portal/sessions.ts";
import { liveOf, periodOf, type Subscription } from "../subscriptions/subscription.ts";
import { cardForm, escapeHtml, layout, type View } from "./checkout-page.ts";

const day = (at: number): string => new Date(at * 1000).toISOString().slice(0, 10);
const perPeriod = (price: Price): string =>
  `${formatAmount(price.unit_amount ?? 0, price.currency)} per ${price.recurring?.interval ?? "month"}`;

/** A change that was asked for and is not confirmed yet. */
export type Offer = { subscription: string; price: string; at: number; invoice: Invoice };

/** A button that does one thing. */
function button(
  base: string,
  act: string,
  fields: Record<string, string>,
  text: string,
  kind = "secondary",
): string {
  const inputs = Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`)
    .join("");
  return `<form method="post" action="${base}/${act}">${inputs}<button class="${kind}">${text}</button></form>`;
}

function plans(world: World, current: Subscription): Price[] {
  const now = new Set(current.items.data.map((item) => item.price.id));
  return allObjects<Price>(world, "price", [
    ...fieldIs("type", "recurring"),
    ...fieldIs("active", true),
  ]).filter((price) => price.currency === current.currency && !now.has(price.id));
}

function offerPart(base: string, offer: Offer): string {
  const lines = offer.invoice.lines.data
    .map(
      (line) =>
        `<li><span>${escapeHtml(line.description ?? "")}</span><b>${formatAmount(line.amount, line.currency)}</b></li>`,
    )
    .join("");
  const fields = { subscription: offer.subscription, price: offer.price, at: String(offer.at) };
  return `<h2>Confirm the change</h2><ul>${lines}</ul>
<p class="total"><span>Due today</span><b>${formatAmount(offer.invoice.amount_due, offer.invoice.currency)}</b></p>
${button(base, "confirm", fields, "Confirm", "primary")}`;
}

function subscriptionPart(world: World, base: string, each: Subscription): string {
  const price = each.items.data[0]?.price;
  if (price === undefined) return "";
  const { end } = periodOf(each);
  const fields = { subscription: each.id };
  const options = plans(world, each)
    .map(
      (other) =>
        `<option value="${other.id}">${escapeHtml(productName(world, other))}, ${perPeriod(other)}</option>`,
    )
    .join("");
  const change =
    options === ""
      ? ""
      : `<form method="post" action="${base}/plan"><input type="hidden" name="subscription" value="${each.id}">
<label class="field"><span>Another plan</span><select name="price">${options}</select></label><button class="secondary">See the price</button></form>`;
  const ends = each.cancel_at_period_end;
  return `<h2>${escapeHtml(productName(world, price))}</h2>
<p>${perPeriod(price)}, ${String(each.status).replaceAll("_", " ")}. ${ends ? "Ends" : "Renews"} on ${day(end)}.</p>
${ends ? button(base, "renew", fields, "Do not cancel") : change + button(base, "cancel", fields, "Cancel plan")}`;
}

function cardsPart(world: World, base: string, customer: Customer): string {
  const methods = allObjects<PaymentMethod>(world, "payment_method", fieldIs("customer", customer.id));
  const items = methods.map((method) => {
    const isDefault = customer.invoice_settings.default_payment_method === method.id;
    const act = isDefault ? "<b>Default</b>" : button(base, "default", { method: method.id }, "Make default");
    return `<li><span>${method.card?.brand ?? method.type} ending in ${method.card?.last4 ?? ""}</span>${act}</li>`;
  });
  return `<h2>Payment methods</h2><ul>${items.join("") || "<li><span>None yet</span></li>"}</ul>`;
}

function invoicesPart(world: World, customer: Customer): string {
  const all = allObjects<Invoice>(world, "invoice", fieldIs("customer", customer.id)).toReversed();
  const items = all
    .filter((invoice) => invoice.hosted_invoice_url !== null && invoice.hosted_invoice_url !== undefined)
    .slice(0, 24)
    .map(
      (invoice) =>
        `<li><span><a href="/stripe/invoices/${invoice.id}">${invoice.number ?? "Invoice"}</a> <small>${day(invoice.created)}, ${String(invoice.status)}</small></span><b>${formatAmount(invoice.total, invoice.currency)}</b></li>`,
    );
  return `<h2>Invoices</h2><ul>${items.join("") || "<li><span>None yet</span></li>"}</ul>`;
}

/** The customer's own page: plan, cards, invoices. */
export function portalPage(
  world: World,
  session: PortalSession,
  customer: Customer,
  view: View,
  offer: Offer | null,
): string {
  const base = `/stripe/portal/${session.id}`;
  const back =
    session.return_url === null
      ? ""
      : `<a class="back" href="${escapeHtml(session.return_url)}"><span aria-hidden="true">←</span> Go back</a>`;
  const live = liveOf(world, customer.id);
  const parts =
    offer === null ? live.map((each) => subscriptionPart(world, base, each)) : [offerPart(base, offer)];
  return layout(
    "Your billing",
    `<main class="checkout">
<section class="order" aria-label="Your plan">
${back}
<p class="due">Billing</p>
<h1>${escapeHtml(customer.name ?? customer.email ?? "Your plan")}</h1>
${parts.join("\n") || "<p>You have no plan.</p>"}
${cardsPart(world, base, customer)}
${invoicesPart(world, customer)}
</section>
<section class="card" aria-label="Add a card">
${cardForm(`${base}/card`, view, "Add a card", "Save card")}
</section>
</main>`,
  );
}
