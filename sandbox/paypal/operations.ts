import { catalogOperations } from "./billing/catalog-operations.ts";
import { subscriptionOperations } from "./billing/operations.ts";
import { disputeOperations } from "./disputes/operations.ts";
import type { Operation } from "./operation.ts";
import { orderOperations } from "./orders/operations.ts";
import { paymentOperations } from "./payments/operations.ts";
import { reportingOperations } from "./reporting/operations.ts";
import { vaultOperations } from "./vault/operations.ts";
import { eventOperations } from "./webhooks/event-operations.ts";
import { webhookOperations } from "./webhooks/operations.ts";

export const OPERATIONS: readonly Operation[] = [
  ...orderOperations,
  ...paymentOperations,
  ...webhookOperations,
  ...eventOperations,
  ...reportingOperations,
  ...catalogOperations,
  ...subscriptionOperations,
  ...vaultOperations,
  ...disputeOperations,
];

/** What PayPal has besides: 501 rather than 404. */
const OTHERS =
  /^\/(v2\/(checkout|payments|invoicing)|v1\/(billing|catalogs|customer|notifications|reporting|payments|identity|oauth2|shipping)|v3\/vault)(\/|$)/;

const BUILT = OPERATIONS.map((operation) => ({
  operation,
  pattern: new RegExp(`^${operation.path.replaceAll("{id}", "([\\w.-]{1,100})")}$`),
}));

/** The operation for a request; `known` says whether PayPal at least has such resources. */
export function findOperation(
  method: string,
  path: string,
): { operation: Operation; ids: string[] } | { operation: null; known: boolean } {
  let elsewhere = false;
  for (const { operation, pattern } of BUILT) {
    const match = pattern.exec(path);
    if (match === null) continue;
    if (operation.method === method) return { operation, ids: match.slice(1) };
    elsewhere = true;
  }
  return { operation: null, known: elsewhere || OTHERS.test(path) };
}
