/** Wallets kept for later payments. */
import type { World } from "../../core/company.ts";
import { find, get, insert, link, newId, save, select, type Entry, type Link } from "../books.ts";
import { walletShown } from "../buyers.ts";
import { unprocessable } from "../errors.ts";
import { emit } from "../webhooks/events.ts";

/** A setup token waits so long for its buyer, and for becoming a payment token. */
const SETUP_LIFE_MS = 3 * 86_400_000;

type Wallet = Record<string, unknown>;
export type SetupToken = {
  id: string;
  customer: { id: string };
  status: "PAYER_ACTION_REQUIRED" | "APPROVED" | "VAULTED";
  payment_source: { paypal: Wallet };
  links: Link[];
};
export type SetupMeta = {
  returnUrl: string | null;
  cancelUrl: string | null;
  brand: string | null;
  buyer: string | null;
  expiresMs: number;
};
export type SetupEntry = Entry<SetupToken, SetupMeta>;
export type PaymentToken = {
  id: string;
  customer: { id: string };
  payment_source: { paypal: Wallet };
  links: Link[];
};
export type PaymentTokenMeta = { buyer: string };
export type PaymentTokenEntry = Entry<PaymentToken, PaymentTokenMeta>;

const walletOf = (email: string): Wallet => {
  const { paypal } = walletShown(email) as { paypal: Wallet };
  const { account_status: _status, account_id: account, ...rest } = paypal;
  return { ...rest, payer_id: account, account_id: account };
};

export function makeSetupToken(
  world: World,
  wanted: {
    customerId: string | undefined;
    usageType: string;
    returnUrl: string | undefined;
    cancelUrl: string | undefined;
    brand: string | undefined;
  },
): SetupEntry {
  const id = newId(world, "setup-token");
  const body: SetupToken = {
    id,
    customer: { id: wanted.customerId ?? newId(world, "customer", 10) },
    status: "PAYER_ACTION_REQUIRED",
    payment_source: { paypal: { usage_type: wanted.usageType } },
    links: [
      link(world, `/agreements/approve?approval_session_id=${id}`, "approve"),
      link(world, "/v3/vault/payment-tokens", "confirm", "POST"),
      link(world, `/v3/vault/setup-tokens/${id}`, "self"),
    ],
  };
  const meta: SetupMeta = {
    returnUrl: wanted.returnUrl ?? null,
    cancelUrl: wanted.cancelUrl ?? null,
    brand: wanted.brand ?? null,
    buyer: null,
    expiresMs: world.clock.now() + SETUP_LIFE_MS,
  };
  return insert(world, { id, kind: "setup-token", parent: null, body, meta });
}

export const findSetupToken = (world: World, id: string): SetupEntry | null =>
  find<SetupToken, SetupMeta>(world, "setup-token", id);

export const isOver = (world: World, { body, meta }: SetupEntry): boolean =>
  body.status !== "VAULTED" && meta.expiresMs <= world.clock.now();

export function approveSetup(world: World, entry: SetupEntry, email: string): void {
  const { body, meta } = entry;
  meta.buyer = email;
  body.status = "APPROVED";
  body.payment_source.paypal = { ...body.payment_source.paypal, ...walletOf(email) };
  body.links = body.links.filter(({ rel }) => rel !== "approve");
  save(world, entry);
}

export function setupReturn({ id, meta }: SetupEntry, approved: boolean): string | null {
  const to = approved ? meta.returnUrl : meta.cancelUrl;
  if (to === null) return null;
  const url = new URL(to);
  url.searchParams.set("approval_token_id", id);
  url.searchParams.set("approval_session_id", id);
  return url.href;
}

function tell(world: World, { id, body }: PaymentTokenEntry, what: "CREATED" | "DELETED"): void {
  emit(world, {
    type: `VAULT.PAYMENT-TOKEN.${what}`,
    resourceType: "payment_token",
    resourceVersion: "3.0",
    summary: `A payment token has been ${what.toLowerCase()}.`,
    resource: body,
    resourceId: id,
  });
}

/** Keeps a buyer's wallet for this customer of the shop. */
export function keepWallet(world: World, email: string, customerId: string | null): PaymentTokenEntry {
  const id = newId(world, "payment-token").toLowerCase();
  const customer = { id: customerId ?? newId(world, "customer", 10) };
  const path = `/v3/vault/payment-tokens/${id}`;
  const body: PaymentToken = {
    id,
    customer,
    payment_source: { paypal: walletOf(email) },
    links: [link(world, path, "self"), link(world, path, "delete", "DELETE")],
  };
  const meta = { buyer: email };
  const entry = insert(world, { id, kind: "payment-token" as const, parent: customer.id, body, meta });
  tell(world, entry, "CREATED");
  return entry;
}

/** An approved setup token becomes a payment token, once. */
export function vaultSetup(world: World, setupId: string): PaymentTokenEntry {
  const setup = findSetupToken(world, setupId);
  if (setup === null || isOver(world, setup))
    throw unprocessable(
      "INVALID_RESOURCE_ID",
      "Specified resource ID does not exist. Please check the resource ID and try again.",
      "/payment_source/token/id",
    );
  if (setup.body.status !== "APPROVED" || setup.meta.buyer === null)
    throw unprocessable(
      "TOKEN_NOT_APPROVED",
      "The token must be approved by the payer before it can be used.",
      "/payment_source/token/id",
    );
  setup.body.status = "VAULTED";
  save(world, setup);
  return keepWallet(world, setup.meta.buyer, setup.body.customer.id);
}

export const getPaymentToken = (world: World, id: string): PaymentTokenEntry =>
  get<PaymentToken, PaymentTokenMeta>(world, "payment-token", id);

export const findPaymentToken = (world: World, id: string): PaymentTokenEntry | null =>
  find<PaymentToken, PaymentTokenMeta>(world, "payment-token", id);

export const tokensOf = (world: World, customerId: string): PaymentTokenEntry[] =>
  select<PaymentToken, PaymentTokenMeta>(world, "payment-token", "parent = ?", customerId);

export function forgetWallet(world: World, entry: PaymentTokenEntry): void {
  world.store.run("delete from paypal_objects where id = ?", entry.id);
  tell(world, entry, "DELETED");
}
