import type { World } from "../../core/company.ts";
import { CARDS } from "../customers/cards.ts";
import type { Charge, Intent } from "../payments/charges.ts";
import type { SetupIntent } from "../payments/setup-intents.ts";
import { lineItems, type Session } from "../checkout/hidden.ts";
import { formatAmount } from "../catalog/money.ts";

export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

export function layout(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/stripe/assets/checkout.css">
<script src="/stripe/assets/checkout.js" defer></script>
</head>
<body>
<p class="ribbon"><strong>Sandbox</strong> No real money moves on this page. Use a test card.</p>
${body}
</body>
</html>`;
}

/** Cards worth a chip on the page, with what they do. */
const CHIPS: readonly [name: string, label: string][] = [
  ["visa", "Pays"],
  ["authenticationRequired", "3-D Secure"],
  ["chargeDeclined", "Declined"],
  ["chargeDeclinedInsufficientFunds", "No funds"],
  ["chargeDeclinedIncorrectCvc", "Wrong CVC"],
  ["threeDSecureRequiredChargeDeclined", "3-D Secure, then declined"],
];

function chips(): string {
  return CHIPS.map(([name, label]) => {
    const card = CARDS.find((each) => each.name === name);
    if (card === undefined) return "";
    return `<button type="button" class="chip" data-card="${card.number}"><span>${label}</span> <small>…${card.number.slice(-4)}</small></button>`;
  }).join("\n");
}

export type View = {
  asks: boolean;
  error: string | null;
  param: string | null;
  email: string | null;
  given: URLSearchParams;
};

function orderLines(world: World, session: Session): string {
  return lineItems(world, session.id)
    .map((line) => {
      const each = formatAmount(line.price.unit_amount ?? 0, line.currency);
      const quantity = line.quantity ?? 1;
      const note = quantity === 1 ? "" : `<small>${quantity} × ${each}</small>`;
      return `<li><span>${escapeHtml(line.description ?? "Item")}${note}</span><b>${formatAmount(line.amount_total, line.currency)}</b></li>`;
    })
    .join("\n");
}

function field(
  name: string,
  label: string,
  attributes: string,
  view: View,
  value = view.given.get(name) ?? "",
): string {
  const param = view.param === "exp_month" || view.param === "exp_year" ? "exp" : view.param;
  const wrong = param === name ? ' aria-invalid="true" aria-describedby="error"' : "";
  return `<label class="field field-${name}"><span>${label}</span><input name="${name}" value="${escapeHtml(value)}" ${attributes}${wrong}></label>`;
}

/** The form for a card; `action` is where it is sent. */
export function cardForm(action: string, view: View, title: string, button: string): string {
  const error =
    view.error === null ? "" : `<p class="error" id="error" role="alert">${escapeHtml(view.error)}</p>`;
  return `<form method="post" action="${action}" id="pay" novalidate>
<h2>${title}</h2>
${error}
${field("email", "E-mail", 'type="email" autocomplete="email" required maxlength="512"', view, view.given.get("email") ?? view.email ?? "")}
<fieldset>
<legend>Card</legend>
${field("number", "Card number", 'inputmode="numeric" autocomplete="cc-number" placeholder="1234 1234 1234 1234" required maxlength="23"', view)}
<div class="pair">
${field("exp", "Expiry", 'inputmode="numeric" autocomplete="cc-exp" placeholder="MM / YY" required maxlength="9"', view)}
${field("cvc", "CVC", 'inputmode="numeric" autocomplete="cc-csc" placeholder="CVC" required maxlength="4"', view, "")}
</div>
</fieldset>
${field("name", "Name on card", 'autocomplete="cc-name" required maxlength="256"', view)}
<button class="primary" type="submit"><span>${button}</span></button>
<div class="chips" role="group" aria-label="Test cards"><p>Test cards</p>${chips()}</div>
</form>`;
}

/** The words of the page, by what is bought. */
function words(
  world: World,
  session: Session,
): { due: string; heading: string; button: string; note: string } {
  const total = formatAmount(session.amount_total ?? 0, session.currency ?? "usd");
  if (session.mode === "setup") {
    return { due: "Save a card", heading: "For later payments", button: "Save card", note: "" };
  }
  if (session.mode === "payment") return { due: "Pay", heading: total, button: `Pay ${total}`, note: "" };
  const line = lineItems(world, session.id).find((each) => each.price.recurring !== null);
  const each = formatAmount((line?.price.unit_amount ?? 0) * (line?.quantity ?? 1), line?.currency ?? "usd");
  const per = `${each} per ${line?.price.recurring?.interval ?? "month"}`;
  const isTrial = session.amount_total === 0;
  return {
    due: isTrial ? "Try" : "Subscribe",
    heading: isTrial ? "Free at first" : total,
    button: isTrial ? "Start trial" : "Subscribe",
    note: `<p class="total"><span>${isTrial ? "Then" : "After that"}</span><b>${per}</b></p>`,
  };
}

export function challenge(action: string, question: string): string {
  return `<div class="veil">
<form class="dialog" method="post" action="${action}" role="dialog" aria-modal="true" aria-labelledby="ask">
<p class="bank">Sandbox Bank</p>
<h2 id="ask">Is this you?</h2>
<p>Your bank wants to make sure that ${question}. This stands in for the 3-D Secure page.</p>
<div class="pair">
<button class="secondary" name="outcome" value="fail">Fail</button>
<button class="primary" name="outcome" value="complete" autofocus>Complete</button>
</div>
</form>
</div>`;
}

/** What is taken off, or the field for a promotion code. */
function discountPart(world: World, session: Session, view: View): string {
  const off = session.total_details?.amount_discount ?? 0;
  if (off > 0) {
    return `<p class="total"><span>Discount</span><b>−${formatAmount(off, session.currency ?? "usd")}</b></p>`;
  }
  if (session.allow_promotion_codes !== true) return "";
  const wrong = view.param === "promotion_code" ? ' aria-invalid="true" aria-describedby="error"' : "";
  const value = escapeHtml(view.given.get("promotion_code") ?? "");
  return `<form class="code" method="post" action="/stripe/checkout/${session.id}/promotion">
<label class="field"><span>Promotion code</span><input name="promotion_code" value="${value}" maxlength="500" autocomplete="off"${wrong}></label>
<button class="secondary">Apply</button>
</form>`;
}

/** The hosted page of a checkout session. */
export function checkoutPage(world: World, session: Session, view: View): string {
  const [amount, unit] = [session.amount_total ?? 0, session.currency ?? "usd"];
  const total = formatAmount(amount, unit);
  const { due, heading, button, note } = words(world, session);
  const back =
    session.cancel_url === null
      ? ""
      : `<a class="back" href="${escapeHtml(session.cancel_url)}"><span aria-hidden="true">←</span> Cancel and go back</a>`;
  const action = `/stripe/checkout/${session.id}`;
  const dialog = view.asks ? challenge(`${action}/authenticate`, paying(amount, unit)) : "";
  const sum = session.mode === "setup" ? "" : `<p class="total"><span>Total due</span><b>${total}</b></p>`;
  return layout(
    session.mode === "payment" ? `Pay ${total}` : button,
    `<main class="checkout"${view.asks ? " inert" : ""}>
<section class="order" aria-label="Your order">
${back}
<p class="due">${due}</p>
<h1>${heading}</h1>
<ul>${orderLines(world, session)}</ul>
${discountPart(world, session, view)}
${sum}
${note}
</section>
<section class="card" aria-label="Payment">
${cardForm(action, view, session.mode === "setup" ? "Your card" : "Pay with card", button)}
</section>
</main>
${dialog}`,
  );
}

/** What the bank asks about; a card that is stored costs nothing. */
export const paying = (amount: number, unit: string): string =>
  amount === 0 ? "this card may be charged later" : `you are paying <b>${formatAmount(amount, unit)}</b>`;

export function authenticatePage(intent: Intent | SetupIntent): string {
  const question =
    intent.object === "setup_intent" ? paying(0, "usd") : paying(intent.amount, intent.currency);
  return layout("Confirm the payment", challenge(`/stripe/authenticate/${intent.id}`, question));
}

export function messagePage(title: string, text: string, back: string | null = null): string {
  const link = back === null ? "" : `<p><a href="${escapeHtml(back)}">Go back</a></p>`;
  return layout(
    title,
    `<main class="message"><h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p>${link}</main>`,
  );
}

export function receiptPage(charge: Charge): string {
  const paid = formatAmount(charge.amount, charge.currency);
  const refunded =
    charge.amount_refunded === 0
      ? ""
      : ` ${formatAmount(charge.amount_refunded, charge.currency)} of it was refunded.`;
  const when = new Date(charge.created * 1000).toISOString().slice(0, 10);
  const card = charge.payment_method_details?.card?.last4 ?? "";
  return messagePage(
    "Receipt",
    `${paid} paid on ${when} with the card ending in ${card}.${refunded} Reference ${charge.id}.`,
  );
}
