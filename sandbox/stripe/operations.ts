import { payoutOperations } from "./balance/payouts.ts";
import { balanceTransactionOperations } from "./balance/transactions.ts";
import { destinationOperations } from "./events/destinations.ts";
import { thinOperations } from "./events/thin.ts";
import { couponOperations } from "./catalog/coupons.ts";
import { priceOperations } from "./catalog/prices.ts";
import { taxCalculationOperations } from "./catalog/tax-calculations.ts";
import { productOperations } from "./catalog/products.ts";
import { chargeOperations } from "./payments/charges.ts";
import { sessionOperations } from "./checkout/sessions.ts";
import { customerOperations } from "./customers/customer-operations.ts";
import { eventOperations } from "./events/events.ts";
import type { Operation } from "./protocol/operation.ts";
import { invoicePaymentOperations } from "./invoices/invoice-payments.ts";
import { invoiceOperations } from "./invoices/operations.ts";
import { intentOperations } from "./payments/intent-operations.ts";
import { disputeOperations } from "./payments/disputes.ts";
import { fraudWarningOperations } from "./payments/fraud-warnings.ts";
import { previewOperations } from "./invoices/preview.ts";
import { setupIntentOperations } from "./payments/setup-operations.ts";
import { portalOperations } from "./portal/sessions.ts";
import { scheduleOperations } from "./schedules/operations.ts";
import { subscriptionItemOperations } from "./subscriptions/item-operations.ts";
import { subscriptionOperations } from "./subscriptions/operations.ts";
import { pauseOperations } from "./subscriptions/pause.ts";
import { taxIdOperations } from "./customers/tax-ids.ts";
import { testClockOperations } from "./time/test-clocks.ts";
import { paymentMethodOperations } from "./customers/payment-methods.ts";
import { refundOperations } from "./payments/refunds.ts";
import { endpointOperations } from "./events/webhook-endpoints.ts";

export const OPERATIONS: readonly Operation[] = [
  ...balanceTransactionOperations,
  ...chargeOperations,
  ...couponOperations,
  ...customerOperations,
  ...destinationOperations,
  ...disputeOperations,
  ...endpointOperations,
  ...eventOperations,
  ...fraudWarningOperations,
  ...intentOperations,
  ...invoiceOperations,
  ...invoicePaymentOperations,
  ...pauseOperations,
  ...paymentMethodOperations,
  ...payoutOperations,
  ...portalOperations,
  ...previewOperations,
  ...priceOperations,
  ...productOperations,
  ...refundOperations,
  ...scheduleOperations,
  ...sessionOperations,
  ...setupIntentOperations,
  ...subscriptionItemOperations,
  ...subscriptionOperations,
  ...taxCalculationOperations,
  ...taxIdOperations,
  ...testClockOperations,
  ...thinOperations,
];

/** Resources of Stripe's of which something is not played here: 501 rather than "unrecognized". */
const RESOURCES = new Set(
  "account accounts balance balance_transactions billing billing_portal charges checkout climate confirmation_tokens coupons credit_notes customers disputes entitlements ephemeral_keys events exchange_rates files forwarding invoice_payments invoiceitems invoices issuing mandates payment_intents payment_links payment_method_configurations payment_methods payouts plans prices products promotion_codes quotes radar refunds reporting setup_attempts setup_intents shipping_rates sources subscription_items subscription_schedules subscriptions tax tax_codes tax_ids tax_rates terminal test_helpers tokens topups transfers webhook_endpoints core".split(
    " ",
  ),
);

type Node = { fixed: Map<string, Node>; any: Node | null; methods: Map<string, Operation> };
const newNode = (): Node => ({ fixed: new Map(), any: null, methods: new Map() });

function buildTree(): Node {
  const root = newNode();
  for (const operation of OPERATIONS) {
    let node = root;
    for (const part of operation.path.split("/").slice(1)) {
      if (part === "{id}") node = node.any ??= newNode();
      else {
        let next = node.fixed.get(part);
        if (next === undefined) node.fixed.set(part, (next = newNode()));
        node = next;
      }
    }
    node.methods.set(operation.method, operation);
  }
  return root;
}
const TREE = buildTree();

/** The operation for a request; `known` says whether Stripe at least has such a resource. */
export function findOperation(
  method: string,
  path: string,
): { operation: Operation; id: string } | { operation: null; known: boolean } {
  const parts = path.split("/").slice(1);
  let node: Node | null = TREE;
  let id = "";
  for (const part of parts) {
    const fixed: Node | undefined = node?.fixed.get(part);
    if (fixed !== undefined) node = fixed;
    else {
      node = node?.any ?? null;
      if (node !== null) id = part;
    }
  }
  const operation = node?.methods.get(method);
  if (operation !== undefined) return { operation, id };
  return { operation: null, known: RESOURCES.has(parts[1] ?? "") };
}
