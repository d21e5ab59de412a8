/** Thin events: they name what happened to which object, and carry none of it. */
import type { CallStripe } from "./client.ts";

/** What is below belongs to the v1 API; ids as `envelope.ts` takes them. */
const PREFIX = "v1.";
const PATH = /^\/v1\/[a-z_]+(?:\/[a-z_]+)?\/[A-Za-z0-9_]{1,200}$/;

type Thin = { id?: unknown; type?: unknown; related_object?: { url?: unknown } | null };

/** The types that a thin event of these snapshot types has. */
export const thinTypes = (types: Iterable<string>): string[] => [...types].map((type) => `${PREFIX}${type}`);

/**
 * Asks for the named object and puts it where a snapshot event has it. Null when the event names none that can be asked for.
 * Throws `StripeFault`; an object that is gone is not found.
 */
export async function expandThin(
  call: CallStripe,
  body: Buffer,
  at: Date,
): Promise<{ type: string; body: Buffer } | null> {
  const thin = JSON.parse(body.toString("utf8")) as Thin;
  const url = thin.related_object?.url;
  if (typeof url !== "string" || !PATH.test(url) || typeof thin.type !== "string") return null;
  const { lastResponse: _, ...object } = await call("thin.retrieve", (sdk) => sdk.rawRequest("GET", url));
  const type = thin.type.slice(PREFIX.length);
  const created = Math.floor(at.getTime() / 1000);
  const snapshot = { id: thin.id, object: "event", type, created, data: { object } };
  return { type, body: Buffer.from(JSON.stringify(snapshot)) };
}
