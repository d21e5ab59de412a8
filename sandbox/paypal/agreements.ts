/** What a buyer can be asked to agree to: an order, a subscription or its revision, the keeping of a wallet. */
import type { PageRequest, World } from "../core/company.ts";
import { currentCycle, findByToken, priceOf, type SubscriptionEntry } from "./billing/subscription.ts";
import { approveSubscription, isAsking, returnTo as subscriptionReturn } from "./billing/subscribe.ts";
import { find } from "./books.ts";
import { toMoney } from "./money.ts";
import { approveOrder, returnTo as orderReturn } from "./orders/approve.ts";
import { isGone, type Meta, type Order, type OrderEntry } from "./orders/order.ts";
import { approveSetup, findSetupToken, isOver, setupReturn, type SetupEntry } from "./vault/token.ts";

export type Agreement = {
  world: World;
  /** Where the page's form goes. */
  action: string;
  brand: string | null;
  amount: string;
  lines: string[];
  /** The word on the button. */
  verb: string;
  status(): string;
  /** Whether there is something to agree to; `isOver`: there no longer is. */
  isAsking: boolean;
  isOver: boolean;
  approve(email: string): void;
  /** Where the browser goes then; null when nobody said. */
  returnUrl(approved: boolean): string | null;
};

const ID = /^[A-Z0-9-]{5,40}$/;

function ofOrder(world: World, entry: OrderEntry): Agreement {
  const { body, meta } = entry;
  const [unit] = body.purchase_units;
  const lines = [
    unit?.description,
    unit?.invoice_id === undefined ? undefined : `Invoice ${unit.invoice_id}`,
  ];
  return {
    world,
    action: `/paypal/checkoutnow?token=${body.id}`,
    brand: meta.brand,
    amount: body.purchase_units.map(({ amount }) => `${amount.value} ${amount.currency_code}`).join(" + "),
    lines: lines.filter((line) => line !== undefined),
    verb: "Approve",
    status: () => body.status,
    isAsking: body.status === "CREATED" || body.status === "PAYER_ACTION_REQUIRED",
    isOver: isGone(world, entry),
    approve: (email) => void approveOrder(world, entry, email),
    returnUrl: (approved) => orderReturn(entry, approved),
  };
}

function ofSubscription(world: World, entry: SubscriptionEntry): Agreement {
  const { body, meta } = entry;
  const cycles = meta.asked?.cycles ?? meta.cycles;
  const quantity = meta.asked?.quantity ?? body.quantity;
  const priced = { ...entry, body: { ...body, quantity } };
  const lines = cycles.map((cycle) => {
    const { value, currency_code: code } = toMoney(priceOf(priced, cycle), meta.currency);
    const { interval_count: count, interval_unit: unit } = cycle.frequency;
    const each = count === 1 ? unit.toLowerCase() : `${count} ${unit.toLowerCase()}s`;
    const times = cycle.total_cycles === 0 ? "until cancelled" : `${cycle.total_cycles} times`;
    return `${cycle.tenure_type === "TRIAL" ? "Trial: " : ""}${value} ${code} each ${each}, ${times}`;
  });
  const last = cycles.at(-1) ?? currentCycle(entry);
  const { value, currency_code: code } = toMoney(priceOf(priced, last), meta.currency);
  return {
    world,
    action: `/paypal/webapps/billing/subscriptions?ba_token=${meta.baToken}`,
    brand: meta.brand,
    amount: `${value} ${code}`,
    lines,
    verb: meta.asked === null ? "Subscribe" : "Agree",
    status: () => entry.body.status,
    isAsking: isAsking(entry),
    isOver: body.status === "CANCELLED" || body.status === "EXPIRED",
    approve: (email) => void approveSubscription(world, entry, email),
    returnUrl: (approved) => subscriptionReturn(entry, approved),
  };
}

function ofSetup(world: World, entry: SetupEntry): Agreement {
  const { body, meta } = entry;
  return {
    world,
    action: `/paypal/agreements/approve?approval_session_id=${body.id}`,
    brand: meta.brand,
    amount: "0.00",
    lines: ["The shop may charge this wallet later on."],
    verb: "Save",
    status: () => body.status,
    isAsking: body.status === "PAYER_ACTION_REQUIRED",
    isOver: isOver(world, entry),
    approve: (email) => approveSetup(world, entry, email),
    returnUrl: (approved) => setupReturn(entry, approved),
  };
}

const PAGES: Readonly<Record<string, { token: string; read(world: World, id: string): Agreement | null }>> = {
  "/checkoutnow": {
    token: "token",
    read(world, id) {
      const entry = find<Order, Meta>(world, "order", id);
      return entry === null ? null : ofOrder(world, entry);
    },
  },
  "/webapps/billing/subscriptions": {
    token: "ba_token",
    read(world, id) {
      const entry = findByToken(world, id);
      return entry === null ? null : ofSubscription(world, entry);
    },
  },
  "/agreements/approve": {
    token: "approval_session_id",
    read(world, id) {
      const entry = findSetupToken(world, id);
      return entry === null ? null : ofSetup(world, entry);
    },
  },
};

export const isAgreementPage = (path: string): boolean => Object.hasOwn(PAGES, path);

/** What an address asks about. Tokens are unguessable, so they name the world as well. */
export function findAgreement({ path, query, worlds }: PageRequest): Agreement | null {
  const page = PAGES[path];
  const id = page === undefined ? "" : (query.get(page.token) ?? "");
  if (page === undefined || !ID.test(id)) return null;
  for (const world of worlds.all()) {
    const found = page.read(world, id);
    if (found !== null) return found;
  }
  return null;
}
