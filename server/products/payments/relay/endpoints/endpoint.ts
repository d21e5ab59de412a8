/** Endpoints and messages, and what is right of an address. Pure. */
import type { Id, OrgId } from "../../../../platform/ids.ts";
import { isPublicAddress } from "../../../../platform/outbound/index.ts";

export type Mode = "test" | "live";
export type EndpointId = Id<"out">;
export type MessageId = Id<"msg">;

export type Endpoint = {
  orgId: OrgId;
  id: EndpointId;
  mode: Mode;
  url: string;
  types: string[];
  ordered: boolean;
  enabled: boolean;
  disabledReason: "gone" | "failing" | null;
  previousUntil: Date | null;
  failingSince: Date | null;
  createdAt: Date;
};
export type SealedSecrets = { secret: Buffer; previousSecret: Buffer | null };

export type MessageState = "pending" | "sending" | "delivered" | "failed";
export type Message = {
  orgId: OrgId;
  id: MessageId;
  endpointId: EndpointId;
  eventId: string;
  type: string;
  objectId: string;
  objectVersion: bigint;
  body: string;
  state: MessageState;
  attempts: number;
  tries: number;
  dueAt: Date;
  lastStatus: number | null;
  createdAt: Date;
  finishedAt: Date | null;
};

export type Attempt = {
  number: number;
  startedAt: Date;
  ms: number;
  status: number | null;
  error: string | null;
  answer: string | null;
};

/** What is wrong with an address, in words for its field; null when nothing is. `privateHosts` may also do without TLS. */
export function addressFault(url: string, privateHosts: ReadonlySet<string>): string | null {
  const { protocol, host, hostname, username, password, hash } = new URL(url);
  if (username || password || hash) return "must hold no name, password or fragment";
  if (privateHosts.has(host) && (protocol === "http:" || protocol === "https:")) return null;
  if (protocol !== "https:") return "must begin with https://";
  const ip = hostname.replace(/^\[|\]$/g, "");
  const isNumber = /^[\d.]+$|:/.test(ip);
  return isNumber && !isPublicAddress(ip) ? "must not be an address inside a network" : null;
}

/** Where a sealed secret is at home. */
export const placeOf = (id: EndpointId): string => `relay ${id}`;
