import type { Tx } from "../../../../platform/db/index.ts";
import type { Block, Letter, Mail } from "../../../mail/index.ts";
import { findName } from "../../../tenancy/index.ts";
import type { BillingDeps } from "../../deps.ts";
import { findInvoice } from "../../invoices/store.ts";
import { mailAllOwners, orgOf } from "../../mail-owners.ts";
import { moneyText } from "../../money-text.ts";
import { graceEnd } from "../deadlines/grace.ts";
import { findSubscription } from "../store.ts";
import type { SubscriptionRow } from "../subscription.ts";

/** Puts a mail about a subscription, or one of its invoices, into the outbox for each owner. */
export async function mailOwners(
  deps: Pick<BillingDeps, "mail">,
  tx: Tx,
  row: Pick<SubscriptionRow, "org_id" | "id">,
  kind: string,
  invoiceId?: string,
): Promise<void> {
  const ref = { subscription_id: row.id, ...(invoiceId ? { invoice_id: invoiceId } : {}) };
  await mailAllOwners(deps, tx, row.org_id, kind, [ref]);
}

type Written = { subject: string; blocks: Block[] };
type Write = (row: SubscriptionRow, name: string, letter: Letter) => Written;
const day = (date: Date | null): string => date?.toISOString().slice(0, 10) ?? "";
const planName = ({ plan_key: key }: SubscriptionRow): string => key.slice(0, 1).toUpperCase() + key.slice(1);

/** About subscriptions and their invoices. */
export function subscriptionMails(mail: Pick<Mail, "define">): void {
  const define = (kind: string, write: Write) =>
    mail.define<{ subscription_id: string }>({
      kind,
      async compose(tx, { subscription_id: id }, letter) {
        const row = await findSubscription(tx, orgOf(tx), id);
        const name = await findName(tx, orgOf(tx));
        return row && name !== null ? write(row, name, letter) : null;
      },
    });
  stateMails(define);
  lateMails(define);
  invoiceMail(mail, "billing.receipt", (amount, number) => [
    `Receipt ${number}`,
    `We received ${amount}. Thank you.`,
  ]);
  invoiceMail(mail, "billing.payment_failed", (amount, number) => [
    `Payment of invoice ${number} failed`,
    `We could not collect ${amount}. The company tries again by itself; another card helps at once.`,
  ]);
}

/** What the next period costs: a change that waits for it counts. */
const nextAmount = (row: SubscriptionRow): bigint =>
  (row.scheduled_amount_minor ?? row.amount_minor) * BigInt(row.scheduled_quantity ?? row.quantity);

const nextPeriod = (row: SubscriptionRow): string =>
  (row.scheduled_period ?? row.period) === "year" ? "for another year" : "by the month";

function stateMails(define: (kind: string, write: Write) => void): void {
  define("billing.trial_ending", (row, name, letter) => ({
    subject: `The trial of ${name} ends soon`,
    blocks: [
      {
        text: `The trial of ${planName(row)} ends on ${day(row.trial_ends_at)}. From then on it is charged.`,
      },
      { button: "See the plan", url: letter.link("/billing") },
    ],
  }));
  define("billing.trial_refused", (row, name, letter) => ({
    subject: `${name} has no trial`,
    blocks: [
      {
        text: `There was a trial with this card before, so that of ${planName(row)} was given back. Nothing was charged.`,
      },
      { button: "See the plans", url: letter.link("/plans") },
    ],
  }));
  define("billing.plan_changed", (row, name, letter) => ({
    subject: `${name} is on ${planName(row)}`,
    blocks: [
      { text: `The plan of ${name} is ${planName(row)} now.` },
      { button: "See the plan", url: letter.link("/billing") },
    ],
  }));
  define("billing.change_given_up", (row, name, letter) => ({
    subject: `The change of plan of ${name} is off`,
    blocks: [
      { text: `It was not paid, so that ${planName(row)} goes on as before. Nothing was charged.` },
      { button: "See the plans", url: letter.link("/plans") },
    ],
  }));
  define("billing.renewal_ahead", (row, name, letter) => ({
    subject:
      (row.scheduled_period ?? row.period) === "year"
        ? `The year of ${name} renews on ${day(row.period_end)}`
        : `The year of ${name} ends on ${day(row.period_end)}`,
    blocks: [
      {
        text: `${planName(row)} goes on ${nextPeriod(row)} on ${day(row.period_end)}, and ${moneyText(nextAmount(row), row.currency)} is charged. Until then it can be ended or changed.`,
      },
      { button: "See the plan", url: letter.link("/billing") },
    ],
  }));
  define("billing.canceled", (row, name, letter) => ({
    subject: `The subscription of ${name} has ended`,
    blocks: [
      { text: `${planName(row)} has ended. ${name} goes on with the free plan; nothing was deleted.` },
      { button: "See the plans", url: letter.link("/plans") },
    ],
  }));
}

function lateMails(define: (kind: string, write: Write) => void): void {
  define("billing.action_required", (_row, name, letter) => ({
    subject: `A payment of ${name} waits for you`,
    blocks: [
      { text: "Your bank asks you to confirm a payment. Until then the invoice is open." },
      { button: "See invoices", url: letter.link("/invoices") },
    ],
  }));
  define("billing.renewal_failed", (row, name, letter) => ({
    subject: `A payment of ${name} failed`,
    blocks: [
      {
        text: `We could not collect the price of ${planName(row)}. The company tries again by itself; paying now, or another way to pay there, helps at once.`,
      },
      { button: "Pay now", url: letter.link("/billing") },
    ],
  }));
  define("billing.suspended", (row, name, letter) => ({
    subject: `The plan of ${name} is suspended`,
    blocks: [
      {
        text: `Payments failed since ${day(row.past_due_since)}, and the time given until ${day(
          row.past_due_since && graceEnd(row.past_due_since),
        )} or the third failure is over. ${name} has the free plan's limits; paying restores ${planName(row)} at once.`,
      },
      { button: "Pay", url: letter.link("/invoices") },
    ],
  }));
}

function invoiceMail(
  mail: Pick<Mail, "define">,
  kind: string,
  write: (amount: string, number: string) => [subject: string, text: string],
): void {
  mail.define<{ invoice_id: string }>({
    kind,
    async compose(tx, { invoice_id: id }, letter) {
      const invoice = await findInvoice(tx, orgOf(tx), id);
      if (!invoice) return null;
      const amount = moneyText(
        kind === "billing.receipt" ? invoice.paid_minor : invoice.due_minor,
        invoice.currency,
      );
      const [subject, text] = write(amount, invoice.number ?? invoice.id);
      return {
        subject,
        blocks: [
          { text },
          { facts: [["For", invoice.description]] },
          { button: "See the invoice", url: letter.link("/invoices") },
        ],
      };
    },
  });
}
