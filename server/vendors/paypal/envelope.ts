/** What a PayPal event says about itself. Nothing else of its body is believed: CRC32 does not protect it. */
export type Envelope = {
  id: string;
  type: string;
  createdAt: Date;
  objectId: string;
  /** Our row that it names, else the order, else the capture, else the subscription, else the object itself. */
  root: string;
};

/** Ids that an event's object names, each only a hint of what to ask PayPal for. */
export type NamedIds = {
  objectId: string;
  customId: string | null;
  orderId: string | null;
  captureId: string | null;
  /** The subscription that a payment is of, or that the event is about. */
  agreementId: string | null;
};

const TOKEN = /^[A-Za-z0-9_.:-]{1,200}$/;
const token = (value: unknown): string | null =>
  typeof value === "string" && TOKEN.test(value) ? value : null;

type Loose = Record<string, unknown> | null | undefined;
const loose = (value: unknown): Loose => (typeof value === "object" ? (value as Loose) : null);

/** The customer whose wallet an event is about; a hint, like all of a body. */
export function readCustomerId(body: Buffer): string | null {
  const event = loose(JSON.parse(body.toString("utf8")));
  return token(loose(loose(event?.resource)?.customer)?.id);
}

/** Reads the envelope of an event; null when the bytes are not one. */
export function readPaypalEnvelope(body: Buffer): Envelope | null {
  let event: unknown;
  try {
    event = JSON.parse(body.toString("utf8"));
  } catch {
    return null;
  }
  return envelopeOf(event);
}

export function envelopeOf(value: unknown): Envelope | null {
  const event = loose(value);
  const [id, type] = [token(event?.id), token(event?.event_type)];
  const createdAt = new Date(typeof event?.create_time === "string" ? event.create_time : Number.NaN);
  if (!id || !type || Number.isNaN(createdAt.getTime())) return null;
  const named = namedIds(event, type);
  const objectId = named?.objectId ?? id;
  const root = named?.customId ?? named?.orderId ?? named?.captureId ?? named?.agreementId ?? objectId;
  return { id, type, createdAt, objectId, root };
}

/** Null for an event whose object has no id. */
export function readNamedIds(body: Buffer): NamedIds | null {
  const event = loose(JSON.parse(body.toString("utf8")));
  return namedIds(event, token(event?.event_type) ?? "");
}

function namedIds(event: Loose, type: string): NamedIds | null {
  const resource = loose(event?.resource);
  const objectId = token(resource?.id) ?? token(resource?.dispute_id);
  if (!objectId) return null;
  const related = loose(loose(resource?.supplementary_data)?.related_ids);
  const units = resource?.purchase_units;
  const unit = loose(Array.isArray(units) ? units[0] : null);
  const disputed = resource?.disputed_transactions;
  const paid = loose(Array.isArray(disputed) ? disputed[0] : null);
  const isOrder = type.startsWith("CHECKOUT.ORDER.");
  return {
    objectId,
    customId:
      token(resource?.custom_id) ?? token(unit?.custom_id) ?? token(paid?.custom) ?? token(resource?.custom),
    orderId: isOrder ? objectId : token(related?.order_id),
    captureId:
      captureOf(resource, type, objectId) ?? token(related?.capture_id) ?? token(paid?.seller_transaction_id),
    agreementId: type.startsWith("BILLING.SUBSCRIPTION.") ? objectId : token(resource?.billing_agreement_id),
  };
}

/** The capture itself, or the one that a refund leads up to. */
function captureOf(resource: Loose, type: string, objectId: string): string | null {
  if (!type.startsWith("PAYMENT.")) return null;
  const links = Array.isArray(resource?.links) ? (resource.links as Loose[]) : [];
  const up = links.find((link) => loose(link)?.rel === "up")?.href;
  const found = typeof up === "string" ? token(up.split("/captures/")[1]) : null;
  if (found) return found;
  const isCapture = type.startsWith("PAYMENT.CAPTURE.") && type !== "PAYMENT.CAPTURE.REFUNDED";
  return isCapture && type !== "PAYMENT.CAPTURE.REVERSED" ? objectId : null;
}
