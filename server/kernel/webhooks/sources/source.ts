import type { IncomingHttpHeaders } from "node:http";
import type { Mode } from "../events/event.ts";

/** What every event says about itself. */
export type Envelope = {
  id: string;
  type: string;
  createdAt: Date;
  livemode: boolean;
  objectId: string;
  root: string;
};

/** What an endpoint knows to check a delivery by. */
export type Verification = {
  /** The endpoint's secrets that are active now, oldest first. */
  readonly secrets: readonly string[];
  /** The endpoint's id at the company; null where nobody told it. */
  readonly webhookId: string | null;
  readonly nowMs: number;
};

/** What makes and removes endpoints at the company. Both throw `Problem`s: 502 refused, 503 away. */
export type RemoteEndpoints = {
  /** The secret is told only now. The same key makes the same endpoint. */
  create(wanted: {
    url: string;
    idempotencyKey: string;
  }): Promise<{ webhookId: string; secret: string | null }>;
  /** Done, too, when it is gone already. */
  remove(webhookId: string): Promise<void>;
};

/** One account at a company that sends events. */
export type Source = {
  /** Also the last part of its URL: `/webhooks/{name}`. */
  readonly name: string;
  readonly accountId: string;
  readonly mode: Mode;
  /** What configuration tells of the account's default endpoint: its secrets, oldest first, and its id at the company. */
  readonly secrets?: readonly string[];
  readonly webhookId?: string | null;
  /**
   * Null when the bytes are genuine, else the cause for log and metric. May ask the network, and then throws a 503 problem
   * for what cannot be verified now. Serves the endpoints of every account of this company.
   */
  verify(
    body: Buffer,
    headers: IncomingHttpHeaders,
    by: Verification,
  ): (string | null) | Promise<string | null>;
  /** Companies that name each transmission: the name, which belongs to one body; another body under it is refused. */
  transmission?(headers: IncomingHttpHeaders): string | null;
  /** Null for bytes that are no event. Some companies name the event in a header. */
  read(body: Buffer, headers: IncomingHttpHeaders): Envelope | null;
  /** The headers that were needed to verify, kept beside the bytes. */
  keep(headers: IncomingHttpHeaders): Record<string, string>;
  /** The company's own list, a page at a time; of these types only, where the company can choose. */
  list(
    range: { from: Date; to: Date; after: string | null; types?: readonly string[] },
    signal: AbortSignal,
  ): Promise<{ events: { envelope: Envelope; body: Buffer }[]; hasMore: boolean }>;
  readonly remote?: RemoteEndpoints;
};

/** The account's own source; for an account that configuration does not know, any of the company: it verifies and reads. */
export function sourceOf(sources: readonly Source[], name: string, accountId: string): Source | undefined {
  const ofCompany = sources.filter((source) => source.name === name);
  return ofCompany.find((source) => source.accountId === accountId) ?? ofCompany[0];
}
