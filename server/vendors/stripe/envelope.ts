/** What every event says about itself, whatever its type. */
export type Envelope = {
  id: string;
  type: string;
  createdAt: Date;
  livemode: boolean;
  objectId: string;
  /** The payment (intent) that the object belongs to, else the object itself: events of one root run one at a time. */
  root: string;
};

const TOKEN = /^[A-Za-z0-9_.:-]{1,200}$/;
const MAX_SECONDS = 253_402_300_799;

const token = (value: unknown): value is string => typeof value === "string" && TOKEN.test(value);

/** Reads the envelope of a snapshot or thin event; null when the bytes are not one. */
export function readEnvelope(body: Buffer): Envelope | null {
  let event: unknown;
  try {
    event = JSON.parse(body.toString("utf8"));
  } catch {
    return null;
  }
  return envelopeOf(event);
}

type Loose = Record<string, unknown> | null | undefined;

export function envelopeOf(value: unknown): Envelope | null {
  if (typeof value !== "object" || value === null) return null;
  const event = value as Record<string, unknown>;
  const { id, type, created, livemode } = event;
  const thin = event.object === "v2.core.event";
  const object = (thin ? event.related_object : (event.data as Loose)?.object) as Loose;
  const seconds = thin ? Date.parse(String(created)) / 1000 : created;
  if (!token(id) || !token(type) || typeof seconds !== "number" || !(seconds >= 0 && seconds <= MAX_SECONDS))
    return null;
  // Some objects have no id of their own, e.g. an account's balance: such an event is its own root.
  const objectId = token(object?.id) ? object.id : id;
  const paid = object?.object === "invoice_payment" ? idOf(object.invoice) : null;
  const root = paid ?? idOf(object?.payment_intent) ?? idOf(object?.subscription) ?? objectId;
  return { id, type, createdAt: new Date(seconds * 1000), livemode: livemode === true, objectId, root };
}

/** The id of a reference that may have been expanded. */
function idOf(reference: unknown): string | null {
  const value = typeof reference === "object" && reference ? (reference as { id?: unknown }).id : reference;
  return token(value) ? value : null;
}
