import type { IncomingHttpHeaders } from "node:http";
import type { Mode } from "./event.ts";

/** What every event says about itself. */
export type Envelope = {
  id: string;
  type: string;
  createdAt: Date;
  livemode: boolean;
  objectId: string;
  root: string;
};

/** One account at a company that sends events. */
export type Source = {
  /** Also the last part of its URL: `/webhooks/{name}`. */
  readonly name: string;
  readonly accountId: string;
  readonly mode: Mode;
  /**
   * Null when the bytes are genuine, else the cause for log and metric. May ask the network, and then throws a 503 problem
   * for what cannot be verified now.
   */
  verify(body: Buffer, headers: IncomingHttpHeaders, nowMs: number): (string | null) | Promise<string | null>;
  /** Null for bytes that are no event. Some companies name the event in a header. */
  read(body: Buffer, headers: IncomingHttpHeaders): Envelope | null;
  /** The headers that were needed to verify, kept beside the bytes. */
  keep(headers: IncomingHttpHeaders): Record<string, string>;
  /** The company's own list, a page at a time. */
  list(
    range: { from: Date; to: Date; after: string | null },
    signal: AbortSignal,
  ): Promise<{ events: { envelope: Envelope; body: Buffer }[]; hasMore: boolean }>;
};
