import type { Http } from "../../platform/http/index.ts";
import type { Billing } from "./billing.ts";

/** Packs, purchase, payments, the checkout's return. */
export function billingRoutes(_http: Http, _billing: Billing): void {}
