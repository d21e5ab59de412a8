import { problems } from "../../platform/problem.ts";

export const billingProblems = problems({
  checkout_open: [409, "A checkout of the organization is open already"],
  trial_used: [409, "There was a trial already"],
  subscribe_again: [409, "The subscription has ended; subscribe again"],
  not_subscribed: [409, "The organization has no subscription that this can be done to"],
  preview_stale: [409, "The subscription or its price has changed since the preview"],
  wrong_direction: [409, "That plan is not in this direction"],
  limits_exceeded: [409, "More is in use than the plan allows"],
  change_open: [409, "A change of plan waits for its payment"],
  already_subscribed: [409, "The organization has a subscription already"],
  needed_by_subscription: [409, "The plan is charged to it; choose another one first"],
  exceeds_refundable: [409, "More than can be refunded of this payment"],
  not_refundable: [409, "Nothing was captured of this payment, or its company takes no refunds from here"],
  no_subscription: [409, "The payment belongs to no subscription"],
  own_request: [409, "Another operator than the one who asked must approve it"],
  already_decided: [409, "It waits for no approval"],
  provider_refused: [502, "The payment company refused the purchase"],
  needed_by_auto_topup: [
    409,
    "The automatic top-up is charged to it; turn that off first, or choose another",
  ],
  tax_address_required: [422, "The tax follows from your address: fill in the billing details first"],
  payment_over: [409, "This payment has ended, or can no longer be cancelled"],
  invoice_not_open: [409, "Nothing can be paid of this invoice"],
  checkout_over: [409, "This checkout is over; start a new one"],
  provider_unavailable: [503, "The payment company does not answer"],
});
