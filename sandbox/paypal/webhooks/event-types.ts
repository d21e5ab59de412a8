/** The event types the sandbox emits, with what PayPal says of each. */
export const EVENT_TYPES = {
  "CHECKOUT.ORDER.APPROVED": "A buyer approved a checkout order.",
  "CHECKOUT.ORDER.COMPLETED": "A checkout order is processed.",
  "PAYMENT.AUTHORIZATION.CREATED": "A payment authorization is created, approved, or executed.",
  "PAYMENT.AUTHORIZATION.VOIDED": "A payment authorization is voided.",
  "PAYMENT.CAPTURE.COMPLETED": "A payment capture completes.",
  "PAYMENT.CAPTURE.DENIED": "A payment capture is denied.",
  "PAYMENT.CAPTURE.PENDING": "The state of a payment capture changes to pending.",
  "PAYMENT.CAPTURE.REFUNDED": "A merchant refunds a payment capture.",
} as const;
export type EventType = keyof typeof EVENT_TYPES;
export const isEventType = (name: string): name is EventType => Object.hasOwn(EVENT_TYPES, name);
