import { z } from "zod";
import { link } from "../books.ts";
import { notBuilt, notFound, PayPalError } from "../errors.ts";
import { operation, type Answer, type Keyed } from "../operation.ts";
import {
  findSetupToken,
  forgetWallet,
  getPaymentToken,
  isOver,
  makeSetupToken,
  tokensOf,
  vaultSetup,
  findPaymentToken,
} from "./token.ts";

const customer = z.object({ id: z.string().regex(/^[0-9a-zA-Z_-]{1,22}$/) }).optional();
const url = z.url().max(4000).optional();
const setupInput = z.object({
  customer,
  payment_source: z.looseObject({
    paypal: z
      .object({
        usage_type: z.enum(["MERCHANT", "PLATFORM"]).default("MERCHANT"),
        experience_context: z
          .object({ brand_name: z.string().min(1).max(300).optional(), return_url: url, cancel_url: url })
          .optional(),
      })
      .optional(),
  }),
});
const tokenInput = z.object({
  customer,
  payment_source: z.looseObject({
    token: z.object({ id: z.string().min(1).max(255), type: z.string().min(1).max(255) }).optional(),
  }),
});

/** The first source that is named and not played. */
function refuseOthers(source: object, played: string): void {
  const other = Object.keys(source).find((name) => name !== played);
  if (other !== undefined) throw notBuilt(`payment_source.${other}`);
}

const setups = "/v3/vault/setup-tokens";
const tokens = "/v3/vault/payment-tokens";
/** Three hours, as PayPal keeps the keys of the vault. */
const setupKeyed: Keyed = {
  hours: 3,
  latest: ({ world }, id) => {
    const entry = findSetupToken(world, id);
    if (entry === null) throw notFound();
    return { status: 200, body: entry.body, id };
  },
};
const tokenKeyed: Keyed = {
  hours: 3,
  latest: ({ world }, id): Answer => ({ status: 200, body: getPaymentToken(world, id).body, id }),
};

export const vaultOperations = [
  operation(
    "POST",
    setups,
    setupInput,
    ({ world, body }) => {
      const { paypal, ...rest } = body.payment_source;
      refuseOthers(rest, "");
      const context = paypal?.experience_context;
      const made = makeSetupToken(world, {
        customerId: body.customer?.id,
        usageType: paypal?.usage_type ?? "MERCHANT",
        returnUrl: context?.return_url,
        cancelUrl: context?.cancel_url,
        brand: context?.brand_name,
      });
      return { status: 201, body: made.body, id: made.id };
    },
    setupKeyed,
  ),
  operation("GET", `${setups}/{id}`, null, ({ world, id }) => {
    const entry = findSetupToken(world, id);
    if (entry === null || isOver(world, entry)) throw notFound();
    return { status: 200, body: entry.body };
  }),
  operation(
    "POST",
    tokens,
    tokenInput,
    ({ world, body }) => {
      const { token, ...rest } = body.payment_source;
      refuseOthers(rest, "");
      if (token?.type !== "SETUP_TOKEN") throw notBuilt(`a token of type ${String(token?.type)}`);
      const made = vaultSetup(world, token.id);
      return { status: 201, body: made.body, id: made.id };
    },
    tokenKeyed,
  ),
  operation("GET", tokens, null, ({ world, query }) => {
    const id = query.get("customer_id");
    if (id === null)
      throw new PayPalError(400, "INVALID_REQUEST", {
        details: [
          {
            field: "customer_id",
            location: "query",
            issue: "MISSING_REQUIRED_PARAMETER",
            description: "A required field is missing.",
          },
        ],
      });
    const found = tokensOf(world, id);
    return {
      status: 200,
      body: {
        customer: { id },
        payment_tokens: found.map(({ body }) => body),
        total_items: found.length,
        total_pages: 1,
        links: [link(world, `${tokens}?${query.toString()}`, "self")],
      },
    };
  }),
  operation("GET", `${tokens}/{id}`, null, ({ world, id }) => ({
    status: 200,
    body: getPaymentToken(world, id).body,
  })),
  operation("DELETE", `${tokens}/{id}`, null, ({ world, id }) => {
    // What is gone already is as it should be.
    const entry = findPaymentToken(world, id);
    if (entry !== null) forgetWallet(world, entry);
    return { status: 204 };
  }),
];
