import { z } from "zod";
import type { CallPaypal } from "./client.ts";
import { PaypalFault } from "./fault.ts";
import { id, links } from "./read.ts";

const SETUPS = "/v3/vault/setup-tokens";
const TOKENS = "/v3/vault/payment-tokens";
/** PayPal answers no more at once, and keeps at most 50 of a customer. */
const PAGE = 5;
const MAX_PAGES = 10;

/** What a buyer is asked to agree to, once: that their wallet is kept. */
export type PaypalSetup = {
  id: string;
  customerId: string | null;
  /** `APPROVED` is the buyer's word; `VAULTED` once it was made use of. */
  status: string;
  /** Where the buyer agrees; null once that is over. */
  approveUrl: string | null;
};

/** A wallet that is kept, and charged without its owner being there. */
export type PaypalWallet = { id: string; customerId: string | null; email: string | null };

export type PaypalVault = {
  /** A customer that PayPal knows already keeps all its wallets together. */
  createSetup(input: {
    customerId: string | null;
    returnUrl: string;
    cancelUrl: string;
    requestId: string;
  }): Promise<PaypalSetup>;
  getSetup(id: string): Promise<PaypalSetup>;
  /** Keeps the wallet of an approved setup, once. */
  keepWallet(setupId: string, requestId: string): Promise<PaypalWallet>;
  /** All of a customer, at most 50. */
  listWallets(customerId: string): Promise<PaypalWallet[]>;
  /** Done, too, for one that is gone. */
  forgetWallet(id: string): Promise<void>;
};

const customer = z.object({ id: z.string().max(64).optional() }).optional();
const setup = z
  .object({ id, customer, status: z.string().max(255).default("CREATED"), links })
  .transform((wire): PaypalSetup => ({
    id: wire.id,
    customerId: wire.customer?.id ?? null,
    status: wire.status,
    approveUrl: wire.links?.find(({ rel }) => rel === "approve")?.href ?? null,
  }));
const wireWallet = z.object({
  id,
  customer,
  payment_source: z
    .object({ paypal: z.object({ email_address: z.string().max(254).optional() }).optional() })
    .optional(),
});
const toWallet = (wire: z.output<typeof wireWallet>): PaypalWallet => ({
  id: wire.id,
  customerId: wire.customer?.id ?? null,
  email: wire.payment_source?.paypal?.email_address ?? null,
});
const wallet = wireWallet.transform(toWallet);
const wallets = z.object({ payment_tokens: z.array(wallet).optional(), links });

/** Wallets that are kept, in our own words. Every function may throw `PaypalFault`. */
export function createVault(call: CallPaypal): PaypalVault {
  const at = (path: string, name: string) => `${path}/${encodeURIComponent(name)}`;
  return {
    createSetup: ({ customerId, returnUrl, cancelUrl, requestId }) =>
      call(
        "vault.setup",
        {
          method: "POST",
          path: SETUPS,
          body: {
            ...(customerId === null ? {} : { customer: { id: customerId } }),
            payment_source: {
              paypal: {
                usage_type: "MERCHANT",
                experience_context: { return_url: returnUrl, cancel_url: cancelUrl },
              },
            },
          },
          requestId,
        },
        setup,
      ),
    getSetup: (name) => call("vault.get_setup", { method: "GET", path: at(SETUPS, name) }, setup),
    keepWallet: (setupId, requestId) =>
      call(
        "vault.keep",
        {
          method: "POST",
          path: TOKENS,
          body: { payment_source: { token: { id: setupId, type: "SETUP_TOKEN" } } },
          requestId,
        },
        wallet,
      ),
    async listWallets(customerId) {
      const found: PaypalWallet[] = [];
      for (let page = 1; page <= MAX_PAGES; page += 1) {
        const query = new URLSearchParams({
          customer_id: customerId,
          page_size: String(PAGE),
          page: String(page),
        });
        const answer = await call("vault.list", { method: "GET", path: `${TOKENS}?${query}` }, wallets).catch(
          goneIsNone,
        );
        const known = new Set(found.map((one) => one.id));
        const fresh = (answer.payment_tokens ?? []).filter((one) => !known.has(one.id));
        found.push(...fresh);
        if (fresh.length === 0 || !answer.links?.some(({ rel }) => rel === "next")) break;
      }
      return found;
    },
    async forgetWallet(name) {
      try {
        await call("vault.forget", { method: "DELETE", path: at(TOKENS, name) }, z.unknown());
      } catch (error) {
        if (!(error instanceof PaypalFault && error.kind === "not_found")) throw error;
      }
    },
  };
}

/** A customer whose last wallet is gone may be unknown there. */
function goneIsNone(error: unknown): z.output<typeof wallets> {
  if (error instanceof PaypalFault && error.kind === "not_found") return {};
  throw error;
}
