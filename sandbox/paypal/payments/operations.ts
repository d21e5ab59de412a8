import { z } from "zod";
import { get } from "../books.ts";
import { moneyInput } from "../money.ts";
import { operation, type Answer, type Call, type Keyed } from "../operation.ts";
import { partOf } from "../orders/input.ts";
import { checkInvoice } from "../orders/pay.ts";
import {
  captureAuthorization,
  reauthorize,
  voidAuthorization,
  type Authorization,
  type AuthorizationEntry,
  type AuthorizationMeta,
} from "./authorization.ts";
import type { Capture, CaptureEntry, CaptureMeta } from "./capture.ts";
import { makeRefund, type Refund, type RefundMeta } from "./refund.ts";

const note = (max: number) => z.string().min(1).max(max).optional();
const captureInput = z.object({
  amount: moneyInput.optional(),
  final_capture: z.boolean().default(false),
  invoice_id: note(127),
  note_to_payer: note(255),
  soft_descriptor: note(22),
});
const refundInput = z.object({
  amount: moneyInput.optional(),
  invoice_id: note(127),
  custom_id: note(127),
  note_to_payer: note(255),
});
const reauthorizeInput = z.object({ amount: moneyInput.optional() });

const captureOf = ({ world }: Call, id: string): CaptureEntry =>
  get<Capture, CaptureMeta>(world, "capture", id);
const authorizationOf = ({ world }: Call, id: string): AuthorizationEntry =>
  get<Authorization, AuthorizationMeta>(world, "authorization", id);

function present(call: Call, body: Capture | Refund | Authorization, status: number): Answer {
  const { id, links } = body;
  const shown = call.prefer === "representation" ? body : { id, status: body.status, links };
  return { status, body: shown, id };
}
const DAYS_45 = 45 * 24;
const keyedCapture: Keyed = {
  hours: DAYS_45,
  latest: (call, id) => present(call, captureOf(call, id).body, 201),
};
const keyedRefund: Keyed = {
  hours: DAYS_45,
  latest: (call, id) => present(call, get<Refund, RefundMeta>(call.world, "refund", id).body, 201),
};
const keyedAuthorization: Keyed = {
  hours: DAYS_45,
  latest: (call, id) => present(call, authorizationOf(call, id).body, 201),
};

const authorizations = "/v2/payments/authorizations/{id}";
const captures = "/v2/payments/captures/{id}";

export const paymentOperations = [
  operation("GET", authorizations, null, (call) => ({
    status: 200,
    body: authorizationOf(call, call.id).body,
  })),
  operation(
    "POST",
    `${authorizations}/capture`,
    captureInput,
    (call) => {
      const entry = authorizationOf(call, call.id);
      const { amount, final_capture: final, invoice_id: invoiceId } = call.body;
      const minor = partOf(amount, entry.body.amount, [
        "AUTH_CAPTURE_CURRENCY_MISMATCH",
        "Currency of capture must be the same as currency of authorization.",
      ]);
      checkInvoice(call.world, invoiceId ?? entry.body.invoice_id);
      return present(call, captureAuthorization(call.world, entry, { minor, final, invoiceId }).body, 201);
    },
    keyedCapture,
  ),
  operation(
    "POST",
    `${authorizations}/reauthorize`,
    reauthorizeInput,
    (call) => {
      const entry = authorizationOf(call, call.id);
      const minor = partOf(call.body.amount, entry.body.amount, [
        "CURRENCY_MISMATCH",
        "Currency must be the same as currency of the authorization.",
      ]);
      return present(call, reauthorize(call.world, entry, minor).body, 201);
    },
    keyedAuthorization,
  ),
  operation("POST", `${authorizations}/void`, z.unknown(), (call) => {
    const { body } = voidAuthorization(call.world, authorizationOf(call, call.id));
    return call.prefer === "representation" ? { status: 200, body } : { status: 204 };
  }),
  operation("GET", captures, null, (call) => ({ status: 200, body: captureOf(call, call.id).body })),
  operation(
    "POST",
    `${captures}/refund`,
    refundInput,
    (call) => {
      const entry = captureOf(call, call.id);
      const { amount, ...rest } = call.body;
      // Without an amount all that is left goes back.
      const minor =
        amount === undefined
          ? null
          : partOf(amount, entry.body.amount, [
              "REFUND_CAPTURE_CURRENCY_MISMATCH",
              "Refund must be in the same currency as the capture",
            ]);
      const made = makeRefund(call.world, entry, {
        minor,
        invoiceId: rest.invoice_id,
        customId: rest.custom_id,
        note: rest.note_to_payer,
      });
      return present(call, made.body, 201);
    },
    keyedRefund,
  ),
  operation("GET", "/v2/payments/refunds/{id}", null, ({ world, id }) => ({
    status: 200,
    body: get<Refund, RefundMeta>(world, "refund", id).body,
  })),
];
