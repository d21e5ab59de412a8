import { formatAmount } from "../catalog/money.ts";
import type { Invoice } from "../invoices/invoice.ts";
import { cardForm, challenge, escapeHtml, layout, paying, type View } from "./checkout-page.ts";

function facts(invoice: Invoice): string {
  const day = new Date(invoice.created * 1000).toISOString().slice(0, 10);
  const paidAt = invoice.status_transitions.paid_at;
  const paid = paidAt === null ? "" : `, paid on ${new Date(paidAt * 1000).toISOString().slice(0, 10)}`;
  const who = invoice.customer_name ?? invoice.customer_email ?? "";
  return `Invoice ${invoice.number ?? ""} of ${day}${paid}${who === "" ? "" : ` for ${who}`}`;
}

/** The hosted page of an invoice, with a card form while it is open. */
export function invoicePage(invoice: Invoice, view: View): string {
  const money = (amount: number): string => formatAmount(amount, invoice.currency);
  const lines = invoice.lines.data
    .map(
      (line) => `<li><span>${escapeHtml(line.description ?? "Item")}</span><b>${money(line.amount)}</b></li>`,
    )
    .join("\n");
  const payable = invoice.status === "open" || invoice.status === "uncollectible";
  const action = `/stripe/invoices/${invoice.id}`;
  const due = money(invoice.amount_remaining);
  const dialog =
    view.asks && payable
      ? challenge(`${action}/authenticate`, paying(invoice.amount_remaining, invoice.currency))
      : "";
  const state = payable ? "Due" : invoice.status === "paid" ? "Paid" : String(invoice.status);
  const side = payable
    ? cardForm(action, view, "Pay with card", `Pay ${due}`)
    : `<p><a href="${action}/pdf">Download as PDF</a></p>`;
  return layout(
    `Invoice ${invoice.number ?? ""}`,
    `<main class="checkout"${dialog === "" ? "" : " inert"}>
<section class="order" aria-label="Invoice">
<p class="due">${state}</p>
<h1>${payable ? due : money(invoice.total)}</h1>
<p>${escapeHtml(facts(invoice))}</p>
<ul>${lines}</ul>
<p class="total"><span>Total</span><b>${money(invoice.total)}</b></p>
<p class="total"><span>Amount due</span><b>${due}</b></p>
</section>
<section class="card" aria-label="Payment">
${side}
</section>
</main>
${dialog}`,
  );
}
