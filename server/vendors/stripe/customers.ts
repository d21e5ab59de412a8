import type Stripe from "stripe";
import type { CallStripe } from "./client.ts";
import { StripeFault } from "./fault.ts";

const PAGE = 100;

export type CustomerAddress = {
  line1: string | null;
  line2: string | null;
  city: string | null;
  state: string | null;
  postal_code: string | null;
  /** ISO 3166, two letters. */
  country: string | null;
};
export type CustomerProfile = { name: string | null; email: string | null; address: CustomerAddress | null };
export type TaxId = { type: string; value: string };

/** A card or bank account that is kept for a customer. */
export type MethodFact = {
  id: string;
  kind: string;
  brand: string | null;
  last4: string | null;
  expMonth: number | null;
  expYear: number | null;
  createdAt: Date;
};

/** A customer as Stripe has it now, with all that it pays by; at most 100. */
export type CustomerFact =
  | { id: string; deleted: true }
  | { id: string; deleted: false; defaultMethodId: string | null; methods: MethodFact[] };

/** Where something is given on Stripe's own page. */
export type HostedPage = { id: string; url: string; expiresAt: Date };

export type Customers = {
  createCustomer(input: {
    holdfastId: string;
    profile?: CustomerProfile;
    idempotencyKey: string;
  }): Promise<{ id: string }>;
  updateCustomer(id: string, profile: CustomerProfile, idempotencyKey: string): Promise<void>;
  /** With all that it pays by and its subscriptions. Done, too, for one that is gone. */
  deleteCustomer(id: string): Promise<void>;
  /** Makes the customer's tax ids these. */
  setTaxIds(id: string, taxIds: readonly TaxId[], idempotencyKey: string): Promise<void>;
  fetchCustomer(id: string): Promise<CustomerFact>;
  /** What invoices are charged to. */
  setDefaultMethod(id: string, methodId: string, idempotencyKey: string): Promise<void>;
  detachMethod(methodId: string, idempotencyKey: string): Promise<void>;
  createPortalSession(id: string, returnUrl: string, idempotencyKey: string): Promise<string>;
  /** A page where a card is given and, where its bank asks, confirmed; nothing is charged. */
  createSetupSession(input: {
    customerId: string;
    holdfastId: string;
    successUrl: string;
    cancelUrl: string;
    idempotencyKey: string;
  }): Promise<HostedPage>;
};

/** Customers and what they pay by, in our own words. Every function may throw `StripeFault`. */
export function createCustomers(call: CallStripe): Customers {
  return { ...people(call), ...methods(call) };
}

function people(
  call: CallStripe,
): Pick<
  Customers,
  | "createCustomer"
  | "updateCustomer"
  | "deleteCustomer"
  | "setTaxIds"
  | "fetchCustomer"
  | "createPortalSession"
> {
  return {
    createCustomer: ({ holdfastId, profile, idempotencyKey }) =>
      call("customers.create", async (sdk) => {
        const given = profile ? createParams(profile) : {};
        const made = await sdk.customers.create(
          { ...given, metadata: { holdfast_id: holdfastId } },
          { idempotencyKey },
        );
        return { id: made.id };
      }),
    updateCustomer: (id, profile, idempotencyKey) =>
      call("customers.update", async (sdk) => {
        const { name, email, address } = profile;
        const params = {
          name: name ?? "",
          email: email ?? "",
          address: address ? written(address) : "",
        } as const;
        await sdk.customers.update(id, params, { idempotencyKey });
      }),
    deleteCustomer: (id) => deleteCustomer(call, id),
    setTaxIds: (id, wanted, idempotencyKey) => setTaxIds(call, id, wanted, idempotencyKey),
    fetchCustomer: (id) => fetchCustomer(call, id),
    createPortalSession: (customer, return_url, idempotencyKey) =>
      call("billing_portal.sessions.create", async (sdk) => {
        const made = await sdk.billingPortal.sessions.create({ customer, return_url }, { idempotencyKey });
        return made.url;
      }),
  };
}

function methods(
  call: CallStripe,
): Pick<Customers, "setDefaultMethod" | "detachMethod" | "createSetupSession"> {
  return {
    setDefaultMethod: (id, methodId, idempotencyKey) =>
      call("customers.update", async (sdk) => {
        await sdk.customers.update(
          id,
          { invoice_settings: { default_payment_method: methodId } },
          { idempotencyKey },
        );
      }),
    detachMethod: (methodId, idempotencyKey) =>
      call("payment_methods.detach", async (sdk) => {
        await sdk.paymentMethods.detach(methodId, {}, { idempotencyKey });
      }),
    createSetupSession: ({ customerId, holdfastId, successUrl, cancelUrl, idempotencyKey }) =>
      call("checkout.sessions.create", async (sdk) => {
        const metadata = { holdfast_id: holdfastId };
        const made = await sdk.checkout.sessions.create(
          {
            mode: "setup",
            currency: "usd",
            customer: customerId,
            metadata,
            setup_intent_data: { metadata },
            success_url: successUrl,
            cancel_url: cancelUrl,
          },
          { idempotencyKey },
        );
        return { id: made.id, url: made.url ?? successUrl, expiresAt: new Date(made.expires_at * 1000) };
      }),
  };
}

/** The SDK takes no nulls: an empty text takes a value away. */
const written = (address: CustomerAddress): Stripe.AddressParam =>
  Object.fromEntries(Object.entries(address).filter(([, value]) => value !== null));

const createParams = ({ name, email, address }: CustomerProfile): Stripe.CustomerCreateParams => ({
  ...(name === null ? {} : { name }),
  ...(email === null ? {} : { email }),
  ...(address === null ? {} : { address: written(address) }),
});

async function setTaxIds(
  call: CallStripe,
  customer: string,
  wanted: readonly TaxId[],
  idempotencyKey: string,
): Promise<void> {
  const owner = { type: "customer", customer } as const;
  const known = await call(
    "tax_ids.list",
    async (sdk) => (await sdk.taxIds.list({ owner, limit: PAGE })).data,
  );
  const same = (a: TaxId, b: TaxId) => a.type === b.type && a.value === b.value;
  for (const one of known)
    if (!wanted.some((each) => same(each, one))) await call("tax_ids.del", (sdk) => sdk.taxIds.del(one.id));
  for (const { type, value } of wanted) {
    if (known.some((each) => same(each, { type, value }))) continue;
    const params = { type: type as Stripe.TaxIdCreateParams.Type, value, owner };
    const options = { idempotencyKey: `${idempotencyKey}:${type}:${value}`.slice(0, 255) };
    await call("tax_ids.create", (sdk) => sdk.taxIds.create(params, options));
  }
}

async function deleteCustomer(call: CallStripe, id: string): Promise<void> {
  try {
    await call("customers.del", (sdk) => sdk.customers.del(id));
  } catch (error) {
    if (!(error instanceof StripeFault && error.kind === "not_found")) throw error;
  }
}

async function fetchCustomer(call: CallStripe, id: string): Promise<CustomerFact> {
  try {
    return await call("customers.retrieve", async (sdk): Promise<CustomerFact> => {
      const customer = await sdk.customers.retrieve(id);
      if (customer.deleted) return { id, deleted: true };
      const list = await sdk.customers.listPaymentMethods(id, { limit: PAGE });
      const chosen = customer.invoice_settings.default_payment_method;
      const defaultMethodId = typeof chosen === "object" && chosen ? chosen.id : chosen;
      return { id, deleted: false, defaultMethodId, methods: list.data.map(readMethod) };
    });
  } catch (error) {
    // Deleted between the two questions, or never made by this key.
    if (error instanceof StripeFault && error.kind === "not_found") return { id, deleted: true };
    throw error;
  }
}

function readMethod({ id, type, card, us_bank_account: bank, created }: Stripe.PaymentMethod): MethodFact {
  return {
    id,
    kind: type,
    brand: card?.brand ?? bank?.bank_name ?? null,
    last4: card?.last4 ?? bank?.last4 ?? null,
    expMonth: card?.exp_month ?? null,
    expYear: card?.exp_year ?? null,
    createdAt: new Date(created * 1000),
  };
}

type Loose = { object?: unknown; id?: unknown; customer?: unknown } | null | undefined;

/** Whose the customer, card or setup of an event is; null for one that is nobody's. */
export function readCustomerEvent(body: Buffer): string | null {
  const { data } = JSON.parse(body.toString("utf8")) as {
    data?: { object?: Loose; previous_attributes?: Loose };
  };
  const { object } = data ?? {};
  const id =
    object?.object === "customer" ? object.id : (object?.customer ?? data?.previous_attributes?.customer);
  return typeof id === "string" ? id : null;
}
