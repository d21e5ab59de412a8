/** Stripe's own tax, where the installation has it on: what each call is told of it. */

/** Of a page on which a customer who is known already may give the address that the tax follows from. */
export const taxOfPage = (isOn: boolean) =>
  isOn ? { automatic_tax: { enabled: true }, customer_update: { address: "auto" as const } } : {};

export const taxOfSubscription = (isOn: boolean) => (isOn ? { automatic_tax: { enabled: true } } : {});

/** A plan's price is without its tax, a pack's with it: what a pack costs is what is paid for it. */
export const taxOfPrice = (isOn: boolean, behavior: "exclusive" | "inclusive") =>
  isOn ? { tax_behavior: behavior } : {};
