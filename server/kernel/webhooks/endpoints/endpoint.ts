/** Where companies send their events, and the secrets that they sign with. Types and pure rules. */
import type { WebhooksEndpoints, WebhooksSecrets } from "../../../../db/rows.ts";
import type { Narrowed } from "../../../platform/db/index.ts";
import type { Id } from "../../../platform/ids.ts";
import type { Mode } from "../events/event.ts";

export type EndpointId = Id<"whe">;
export type SecretId = Id<"whs">;
export type EndpointRow = Narrowed<WebhooksEndpoints, { id: EndpointId; mode: Mode }>;
export type SecretRow = Narrowed<WebhooksSecrets, { id: SecretId; endpoint_id: EndpointId }>;

/** A secret as operators see it. */
export type SecretView = Pick<
  SecretRow,
  "id" | "hint" | "from_config" | "starts_at" | "ends_at" | "created_at"
>;
export type EndpointView = EndpointRow & { last_event_at: Date | null; secrets: SecretView[] };

/** Secrets of one endpoint that are not over. */
export const MAX_SECRETS = 5;
/** Endpoints of the installation. */
export const MAX_ENDPOINTS = 100;

/** What a sealed secret is bound to. */
export const placeOf = (id: SecretId): string => `webhook secret ${id}`;

/** Where the company sends to. */
export function urlOf(baseUrl: string, row: Pick<EndpointRow, "id" | "source" | "is_default">): string {
  return new URL(`/webhooks/${row.source}${row.is_default ? "" : `/${row.id}`}`, baseUrl).href;
}

export const isActive = (secret: Pick<SecretRow, "starts_at" | "ends_at">, now: Date): boolean =>
  secret.starts_at <= now && !isOver(secret, now);

export const isOver = ({ ends_at: end }: Pick<SecretRow, "ends_at">, now: Date): boolean =>
  end !== null && end <= now;
