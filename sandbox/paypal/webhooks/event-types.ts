/** The event types the sandbox emits, with what PayPal says of each. */
export const EVENT_TYPES = {
  "BILLING.SUBSCRIPTION.ACTIVATED": "A subscription is activated.",
  "BILLING.SUBSCRIPTION.CANCELLED": "A subscription is cancelled.",
  "BILLING.SUBSCRIPTION.CREATED": "A subscription is created.",
  "BILLING.SUBSCRIPTION.EXPIRED": "A subscription expires.",
  "BILLING.SUBSCRIPTION.PAYMENT.FAILED": "Payment failed on subscription.",
  "BILLING.SUBSCRIPTION.RE-ACTIVATED": "A subscription is reactivated.",
  "BILLING.SUBSCRIPTION.SUSPENDED": "A subscription is suspended.",
  "BILLING.SUBSCRIPTION.UPDATED": "A subscription is updated.",
  "CHECKOUT.ORDER.APPROVED": "A buyer approved a checkout order.",
  "CHECKOUT.ORDER.COMPLETED": "A checkout order is processed.",
  "CUSTOMER.DISPUTE.CREATED": "A dispute is created.",
  "CUSTOMER.DISPUTE.RESOLVED": "A dispute is resolved.",
  "CUSTOMER.DISPUTE.UPDATED": "A dispute is updated.",
  "PAYMENT.AUTHORIZATION.CREATED": "A payment authorization is created, approved, or executed.",
  "PAYMENT.AUTHORIZATION.VOIDED": "A payment authorization is voided.",
  "PAYMENT.CAPTURE.COMPLETED": "A payment capture completes.",
  "PAYMENT.CAPTURE.DENIED": "A payment capture is denied.",
  "PAYMENT.CAPTURE.PENDING": "The state of a payment capture changes to pending.",
  "PAYMENT.CAPTURE.REFUNDED": "A merchant refunds a payment capture.",
  "PAYMENT.SALE.COMPLETED": "A sale completes.",
  "PAYMENT.SALE.REFUNDED": "A merchant refunds a sale.",
  "VAULT.PAYMENT-TOKEN.CREATED": "A payment token is created to save a payment method.",
  "VAULT.PAYMENT-TOKEN.DELETED": "A payment token is deleted.",
} as const;
export type EventType = keyof typeof EVENT_TYPES;
export const isEventType = (name: string): name is EventType => Object.hasOwn(EVENT_TYPES, name);
