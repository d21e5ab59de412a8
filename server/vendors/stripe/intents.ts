import type Stripe from "stripe";
import type { CallStripe } from "./client.ts";
import type { PaymentFact } from "./facts.ts";
import { StripeFault } from "./fault.ts";
import { intentFact } from "./read-payment.ts";
import { taxOfPrice } from "./tax.ts";

const PAGE = 100;

export type NewIntent = {
  holdfastId: string;
  customerId: string;
  description: string;
  amountMinor: bigint;
  currency: string;
  /** What its tax was worked out by; null where Stripe works out none. */
  taxCalculation: string | null;
  idempotencyKey: string;
};

export type Taxed = { calculation: string; taxMinor: bigint };

/** Stripe's refusal to work out a tax for a customer without an address. */
export const NO_TAX_ADDRESS = "customer_tax_location_invalid";

/** One try to pay an intent. */
export type IntentTry = {
  methodId: string;
  /** Nobody is there to answer their bank: a card that asks is refused. */
  offSession: boolean;
  /** Where the holder comes back to from their bank's page. */
  returnUrl: string;
  idempotencyKey: string;
};

/** An intent as it stands, its payment but for its refunds. */
export type IntentState = {
  payment: PaymentFact;
  /** For Stripe's own elements in the holder's browser. */
  clientSecret: string | null;
  /** Where the holder answers their bank; null while nobody asks. */
  nextUrl: string | null;
};

export type Intents = {
  /**
   * The tax in what a customer is about to pay, by their address; null where the installation has Stripe's tax off. Charges
   * nothing. Refused with `NO_TAX_ADDRESS` where there is none.
   */
  taxIn(
    input: Pick<NewIntent, "holdfastId" | "customerId" | "amountMinor" | "currency">,
  ): Promise<Taxed | null>;
  /** Nothing is charged before it is confirmed. */
  createIntent(input: NewIntent): Promise<{ id: string }>;
  /** Looks for one that carries our id among a customer's newest 100. */
  findIntent(holdfastId: string, customerId: string): Promise<{ id: string } | null>;
  /** The intent that pays an open invoice; null where there is none. */
  findInvoiceIntent(invoiceId: string): Promise<string | null>;
  /** Refused (`StripeFault`) when the card is: the intent then waits for another. */
  confirmIntent(id: string, input: IntentTry): Promise<void>;
  fetchIntent(id: string): Promise<IntentState>;
  /** Refused when it is over already, one way or the other. */
  cancelIntent(id: string, idempotencyKey: string): Promise<void>;
};

/** What is charged is what was worked out, by an answer that an intent can name; else it is none, and nothing is charged. */
function taxedBy(made: Stripe.Tax.Calculation, amount: number): Taxed {
  const { amount_total: total, id, tax_amount_inclusive: tax } = made;
  if (!id || total !== amount || !Number.isInteger(tax) || tax < 0 || tax > amount)
    throw new StripeFault("unavailable", "unreadable_answer", made);
  return { calculation: id, taxMinor: BigInt(tax) };
}

/** Payments without a page of Stripe's, in our own words. Every function may throw `StripeFault`. */
export function createIntents(call: CallStripe, tax: boolean): Intents {
  return {
    async taxIn({ amountMinor, currency, customerId: customer, holdfastId: reference }) {
      if (!tax) return null;
      return call("tax.calculations.create", async (sdk) => {
        const amount = Number(amountMinor);
        // As of a pack on Stripe's page: what it costs is what is paid.
        const line_items = [{ amount, reference, ...taxOfPrice(tax, "inclusive") }];
        const made = await sdk.tax.calculations.create({ currency, customer, line_items });
        return taxedBy(made, amount);
      });
    },
    createIntent: (input) =>
      call("payment_intents.create", async (sdk) => {
        const { id } = await sdk.paymentIntents.create(
          {
            amount: Number(input.amountMinor),
            currency: input.currency,
            customer: input.customerId,
            description: input.description,
            metadata: { holdfast_id: input.holdfastId },
            automatic_payment_methods: { enabled: true },
            ...(input.taxCalculation && {
              hooks: { inputs: { tax: { calculation: input.taxCalculation } } },
            }),
          },
          { idempotencyKey: input.idempotencyKey },
        );
        return { id };
      }),
    findIntent: (holdfastId, customer) =>
      call("payment_intents.list", async (sdk) => {
        const { data } = await sdk.paymentIntents.list({ customer, limit: PAGE });
        return data.find(({ metadata }) => metadata["holdfast_id"] === holdfastId) ?? null;
      }),
    findInvoiceIntent: (id) =>
      call("invoices.retrieve", async (sdk) => {
        const invoice = await sdk.invoices.retrieve(id, { expand: ["payments"] });
        const open = invoice.payments?.data.find(({ status }) => status === "open");
        const intent = open?.payment.payment_intent;
        return typeof intent === "object" ? (intent?.id ?? null) : (intent ?? null);
      }),
    confirmIntent: (id, { methodId, offSession, returnUrl, idempotencyKey }) =>
      call("payment_intents.confirm", async (sdk) => {
        const params: Stripe.PaymentIntentConfirmParams = {
          payment_method: methodId,
          ...(offSession ? { off_session: true } : { return_url: returnUrl }),
        };
        await sdk.paymentIntents.confirm(id, params, { idempotencyKey });
      }),
    fetchIntent: (id) =>
      call("payment_intents.retrieve", async (sdk) => {
        const intent = await sdk.paymentIntents.retrieve(id, { expand: ["latest_charge"] });
        return {
          payment: intentFact(intent, intent.created),
          clientSecret: intent.client_secret,
          nextUrl: intent.next_action?.redirect_to_url?.url ?? null,
        };
      }),
    cancelIntent: (id, idempotencyKey) =>
      call("payment_intents.cancel", async (sdk) => {
        await sdk.paymentIntents.cancel(id, { cancellation_reason: "abandoned" }, { idempotencyKey });
      }),
  };
}
