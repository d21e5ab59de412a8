/** Money set aside, to be captured within 29 days or let go. */
import type { World } from "../../core/company.ts";
import { childrenOf, find, insert, iso, link, newId, save, type Entry, type Link } from "../books.ts";
import { unprocessable } from "../errors.ts";
import { MERCHANT } from "../merchant.ts";
import { describeMoney, minorOf, toMoney, type Money } from "../money.ts";
import { emit, type EventType } from "../webhooks/events.ts";
import { makeCapture, type CaptureEntry } from "./capture.ts";

const DAY_MS = 86_400_000;
const LIFE_MS = 29 * DAY_MS;
/** Captures may add up to this much of what was authorized. */
const OVERAGE_PERCENT = 115n;

export type Authorization = {
  id: string;
  status: "CREATED" | "CAPTURED" | "DENIED" | "PARTIALLY_CAPTURED" | "VOIDED" | "PENDING";
  amount: Money;
  invoice_id?: string;
  custom_id?: string;
  seller_protection: { status: string; dispute_categories: string[] };
  expiration_time: string;
  links: Link[];
  create_time: string;
  update_time: string;
  supplementary_data: { related_ids: { order_id: string } };
  payee: typeof MERCHANT;
};
export type AuthorizationMeta = { unit: string; orderId: string; again: boolean };
export type AuthorizationEntry = Entry<Authorization, AuthorizationMeta>;

export function makeAuthorization(
  world: World,
  wanted: {
    orderId: string;
    unit: string;
    minor: bigint;
    currency: string;
    customId: string | undefined;
    invoiceId: string | undefined;
    again?: boolean;
  },
): AuthorizationEntry {
  const id = newId(world, "authorization");
  const now = world.clock.now();
  const path = `/v2/payments/authorizations/${id}`;
  const body: Authorization = {
    id,
    status: "CREATED",
    amount: toMoney(wanted.minor, wanted.currency),
    ...(wanted.invoiceId === undefined ? {} : { invoice_id: wanted.invoiceId }),
    ...(wanted.customId === undefined ? {} : { custom_id: wanted.customId }),
    seller_protection: {
      status: "ELIGIBLE",
      dispute_categories: ["ITEM_NOT_RECEIVED", "UNAUTHORIZED_TRANSACTION"],
    },
    expiration_time: iso(now + LIFE_MS),
    links: [
      link(world, path, "self"),
      link(world, `${path}/capture`, "capture", "POST"),
      link(world, `${path}/void`, "void", "POST"),
      link(world, `${path}/reauthorize`, "reauthorize", "POST"),
      link(world, `/v2/checkout/orders/${wanted.orderId}`, "up"),
    ],
    create_time: iso(now),
    update_time: iso(now),
    supplementary_data: { related_ids: { order_id: wanted.orderId } },
    payee: MERCHANT,
  };
  const meta = { unit: wanted.unit, orderId: wanted.orderId, again: wanted.again ?? false };
  const entry = insert<Authorization, AuthorizationMeta>(world, {
    id,
    kind: "authorization",
    parent: wanted.orderId,
    body,
    meta,
  });
  tell(world, entry, "PAYMENT.AUTHORIZATION.CREATED", "A payment authorization was created for");
  world.agenda.add("paypal", "authorization.expire", now + LIFE_MS, { id });
  return entry;
}

function tell(world: World, { id, body }: AuthorizationEntry, type: EventType, text: string): void {
  emit(world, {
    type,
    resourceType: "authorization",
    resourceVersion: "2.0",
    summary: `${text} ${describeMoney(body.amount)}`,
    resource: body,
    resourceId: id,
  });
}

export function voidAuthorization(world: World, entry: AuthorizationEntry): AuthorizationEntry {
  const { body, meta } = entry;
  if (meta.again)
    throw unprocessable(
      "CANNOT_BE_VOIDED",
      "A reauthorization cannot be voided. Please void the original parent authorization.",
    );
  if (body.status === "VOIDED")
    throw unprocessable(
      "PREVIOUSLY_VOIDED",
      "Authorization has been previously voided and hence cannot be voided again.",
    );
  if (body.status === "CAPTURED")
    throw unprocessable(
      "PREVIOUSLY_CAPTURED",
      "Authorization has been previously captured and hence cannot be voided.",
    );
  return letGo(world, entry);
}

function letGo(world: World, entry: AuthorizationEntry): AuthorizationEntry {
  const update_time = iso(world.clock.now());
  const saved = save(world, { ...entry, body: { ...entry.body, status: "VOIDED" as const, update_time } });
  tell(world, saved, "PAYMENT.AUTHORIZATION.VOIDED", "A payment authorization was voided for");
  return saved;
}

/** What nobody captured in time is let go. */
export function expireAuthorization(world: World, payload: unknown): void {
  const { id } = payload as { id: string };
  const entry = find<Authorization, AuthorizationMeta>(world, "authorization", id);
  if (entry === null || (entry.body.status !== "CREATED" && entry.body.status !== "PARTIALLY_CAPTURED"))
    return;
  letGo(world, entry);
}

/** Takes `minor` of what was set aside. */
export function captureAuthorization(
  world: World,
  entry: AuthorizationEntry,
  wanted: { minor: bigint; final: boolean; invoiceId: string | undefined },
): CaptureEntry {
  const { body, meta } = entry;
  if (body.status === "VOIDED")
    throw unprocessable(
      "AUTHORIZATION_VOIDED",
      "A voided authorization cannot be captured or reauthorized. ",
    );
  if (body.status === "CAPTURED")
    throw unprocessable("AUTHORIZATION_ALREADY_CAPTURED", "Authorization has previously been captured.");
  const captures = (childrenOf(world, meta.orderId, "capture") as CaptureEntry[]).filter(
    (each) => each.body.supplementary_data?.related_ids.authorization_id === entry.id,
  );
  const before = captures.reduce((sum, each) => sum + minorOf(each.body.amount), 0n);
  const whole = minorOf(body.amount);
  if ((before + wanted.minor) * 100n > whole * OVERAGE_PERCENT)
    throw unprocessable(
      "MAX_CAPTURE_AMOUNT_EXCEEDED",
      "Capture amount exceeds allowable limit. Please contact customer service or your account manager to request the change to your overage limit. The default overage limit is 115%, which allows the sum of all captures to be up to 115% of the order amount. The ability to over capture is subjected to regulatory approvals.",
      "/amount/value",
    );
  const done = wanted.final || before + wanted.minor >= whole;
  save(world, {
    ...entry,
    body: {
      ...body,
      status: done ? "CAPTURED" : "PARTIALLY_CAPTURED",
      update_time: iso(world.clock.now()),
    },
  });
  return makeCapture(world, {
    parent: meta.orderId,
    orderId: meta.orderId,
    authorizationId: entry.id,
    unit: meta.unit,
    minor: wanted.minor,
    currency: body.amount.currency_code,
    customId: body.custom_id,
    invoiceId: wanted.invoiceId ?? body.invoice_id,
    final: wanted.final,
    later: null,
  });
}

/** Sets the money aside anew: once, from the fourth day on. */
export function reauthorize(world: World, entry: AuthorizationEntry, minor: bigint): AuthorizationEntry {
  const { body, meta } = entry;
  if (body.status === "VOIDED")
    throw unprocessable(
      "AUTHORIZATION_VOIDED",
      "A voided authorization cannot be captured or reauthorized. ",
    );
  if (meta.again)
    throw unprocessable(
      "REAUTHORIZATION_NOT_SUPPORTED",
      "A reauthorize cannot be attempted on an authorization_id that is the result of a prior reauthorization or on an authorization made on an Order saved using the `v2/orders/id/save` API.",
    );
  if (world.clock.now() < entry.createdMs + 3 * DAY_MS)
    throw unprocessable(
      "REAUTHORIZATION_TOO_SOON",
      "A reauthorization is not allowed when the original authorization is still within the honor period.",
    );
  return makeAuthorization(world, {
    orderId: meta.orderId,
    unit: meta.unit,
    minor,
    currency: body.amount.currency_code,
    customId: body.custom_id,
    invoiceId: body.invoice_id,
    again: true,
  });
}
