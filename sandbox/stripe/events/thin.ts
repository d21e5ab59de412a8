/** Thin events: what happened to which object, told without the object. */
import type Stripe from "stripe";
import type { World } from "../../core/company.ts";
import { missing } from "../protocol/errors.ts";
import { operation } from "../protocol/operation.ts";
import { eventBody } from "./events.ts";

const PREFIX = "evt_test_";

/** The snapshot event that a thin one stands beside, and back. */
export const thinId = (snapshotId: string): string => snapshotId.replace("evt_", PREFIX);
const snapshotId = (id: string): string => id.replace(PREFIX, "evt_");

/** Where an object is read. */
const PATHS: Readonly<Record<string, string>> = {
  "checkout.session": "checkout/sessions",
  "billing_portal.session": "billing_portal/sessions",
  dispute: "disputes",
  invoiceitem: "invoiceitems",
  "test_helpers.test_clock": "test_helpers/test_clocks",
  "radar.early_fraud_warning": "radar/early_fraud_warnings",
};

type Snapshot = Stripe.Event & { data: { object: { id?: string; object: string } } };

function thinOf(event: Snapshot): Record<string, unknown> {
  const { id, object } = event.data.object;
  const { request } = event;
  return {
    id: thinId(event.id),
    object: "v2.core.event",
    type: `v1.${event.type}`,
    created: new Date(event.created * 1000).toISOString(),
    livemode: false,
    ...(request === null || request.id === null
      ? {}
      : {
          reason: { type: "request", request: { id: request.id, idempotency_key: request.idempotency_key } },
        }),
    related_object:
      id === undefined ? null : { id, type: object, url: `/v1/${PATHS[object] ?? `${object}s`}/${id}` },
    snapshot_event: event.id,
  };
}

export function thinBody(world: World, eventId: string): string | null {
  const text = eventBody(world, eventId);
  return text === null ? null : JSON.stringify(thinOf(JSON.parse(text) as Snapshot));
}

export const thinOperations = [
  operation("GET", "/v2/core/events/{id}", {}, ({ world, id }) => {
    const text = id.startsWith(PREFIX) ? eventBody(world, snapshotId(id)) : null;
    if (text === null) throw missing("event", id, "id", 404);
    return thinOf(JSON.parse(text) as Snapshot);
  }),
];
