/** What can be told. */
export const EVENT_TYPES = {
  "subscription.created": "A subscription has begun",
  "subscription.updated": "A subscription's plan, period or status changed",
  "subscription.deleted": "A subscription has ended",
  "subscription.trial_ending": "A trial ends in three days",
  "payment.succeeded": "A payment was captured",
  "payment.failed": "A payment was refused or failed later",
  "payment.requires_action": "The buyer must confirm a payment",
  "invoice.created": "An invoice was written",
  "invoice.paid": "An invoice was paid",
  "invoice.payment_failed": "An invoice's payment failed",
  "refund.updated": "A refund was made or changed its status",
  "dispute.created": "A buyer disputes a payment",
  "dispute.closed": "A dispute was won or lost",
  "credits.granted": "Credits were given",
  "credits.low": "Few credits are left",
  "credits.expired": "Credits have expired",
} as const;

export type EventType = keyof typeof EVENT_TYPES;
export const EVENT_TYPE_NAMES = Object.keys(EVENT_TYPES) as [EventType, ...EventType[]];

/** Sent to one endpoint on demand; nobody subscribes to it. */
export const TEST_TYPE = "endpoint.test";
