import { BUYERS } from "./buyers.ts";
import { escapeHtml, layout } from "./layout.ts";

/** Between the event and the browser's return. */
export const PAUSE_S = 3;

export type Approval = {
  /** Where the form goes. */
  action: string;
  brand: string | null;
  /** What is agreed to, e.g. `20.00 USD`. */
  amount: string;
  lines: readonly string[];
  /** The word on the button. */
  verb: string;
  error: string | null;
};

const chip = ({ email, label, note }: (typeof BUYERS)[number]): string =>
  `<button class="buyer" name="buyer" value="${email}"><b>${label}</b><span>${email}</span><small>${note}</small></button>`;

/** The page on which a buyer agrees. Each buyer is a button; any other address can be typed. */
export function approvalPage(view: Approval): string {
  const error = view.error === null ? "" : `<p class="error" role="alert">${escapeHtml(view.error)}</p>`;
  const lines = view.lines.map((line) => `<li>${escapeHtml(line)}</li>`).join("");
  const back = `<form method="post" action="${escapeHtml(view.action)}"><button class="link" name="act" value="cancel">Cancel and return to ${escapeHtml(view.brand ?? "the shop")}</button></form>`;
  return layout(
    `${view.verb} ${view.amount}`,
    `<main class="approval">
<section aria-label="Your order">
<p class="wordmark">PayPal <span>sandbox</span></p>
<p class="due">${escapeHtml(view.brand ?? "A shop")} asks for</p>
<h1>${escapeHtml(view.amount)}</h1>
<ul>${lines}</ul>
${back}
</section>
<section aria-label="Buyer">
<form method="post" action="${escapeHtml(view.action)}">
<h2>Who pays?</h2>
${error}
<div class="buyers">${BUYERS.map(chip).join("\n")}</div>
</form>
<form class="other" method="post" action="${escapeHtml(view.action)}">
<label><span>Another buyer</span><input name="buyer" type="email" required maxlength="120" placeholder="ann@sandbox.test"></label>
<button class="primary">${escapeHtml(view.verb)}</button>
</form>
</section>
</main>`,
  );
}

/** Shown while the event is on its way; then the browser goes back by itself. */
export function returningPage(to: string): string {
  const safe = escapeHtml(to);
  return layout(
    "Returning to the shop",
    `<main class="message"><h1>Approved</h1><p role="status">You are taken back to the shop in ${PAUSE_S} seconds.</p><p><a class="primary" href="${safe}">Return now</a></p></main>`,
    `\n<meta http-equiv="refresh" content="${PAUSE_S};url=${safe}">`,
  );
}
