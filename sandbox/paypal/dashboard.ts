/**
 * What a seller or buyer does on PayPal's own pages, as control operations:
 *   POST /_sandbox/paypal/disputes  {capture_id, amount?, reason?, stage?}   a buyer opens a case
 *   POST /_sandbox/paypal/refunds   {capture_id, amount?, note?}             the seller refunds
 */
import { z } from "zod";
import type { ControlRequest, World } from "../core/company.ts";
import { find } from "./books.ts";
import { openDispute, presentDispute, REASONS, STAGES } from "./disputes/dispute.ts";
import { PayPalError } from "./errors.ts";
import { minorOf, toMinor } from "./money.ts";
import type { Capture, CaptureEntry, CaptureMeta } from "./payments/capture.ts";
import { makeRefund } from "./payments/refund.ts";

const shared = {
  world: z.string().optional(),
  capture_id: z.string(),
  amount: z.string().max(32).optional(),
};
const disputeInput = z.strictObject({
  ...shared,
  reason: z.enum(REASONS).default("MERCHANDISE_OR_SERVICE_NOT_RECEIVED"),
  stage: z.enum(STAGES).default("CHARGEBACK"),
});
const refundInput = z.strictObject({ ...shared, note: z.string().min(1).max(255).optional() });

type Act = (world: World, body: unknown) => unknown;

/** The payment meant, and the part of it. */
function partOf(
  world: World,
  { capture_id: id, amount }: { capture_id: string; amount?: string | undefined },
) {
  const capture: CaptureEntry | null = find<Capture, CaptureMeta>(world, "capture", id);
  if (capture === null)
    throw new PayPalError(422, "UNPROCESSABLE_ENTITY", { message: `There is no capture ${id}.` });
  const { currency_code } = capture.body.amount;
  const minor = amount === undefined ? null : toMinor({ currency_code, value: amount }, "/amount");
  return { capture, minor };
}

const ACTS: Readonly<Record<string, Act>> = {
  "/disputes": (world, body) => {
    const { reason, stage, ...which } = disputeInput.parse(body);
    const { capture, minor } = partOf(world, which);
    const wanted = { minor: minor ?? minorOf(capture.body.amount), reason, stage };
    return presentDispute(world, openDispute(world, capture, wanted));
  },
  "/refunds": (world, body) => {
    const { note, ...which } = refundInput.parse(body);
    const { capture, minor } = partOf(world, which);
    return makeRefund(world, capture, { minor, note }).body;
  },
};

export async function controlDashboard({
  method,
  path,
  body,
  world,
  answer,
}: ControlRequest): Promise<boolean> {
  const act = method === "POST" && Object.hasOwn(ACTS, path) ? ACTS[path] : undefined;
  if (act === undefined) return false;
  try {
    answer(
      201,
      world.store.atomic(() => act(world, body)),
    );
  } catch (error) {
    if (!(error instanceof PayPalError) && !(error instanceof z.ZodError)) throw error;
    const detail =
      error instanceof PayPalError
        ? (error.details[0]?.description ?? error.message)
        : error.issues.map(({ path: at, message }) => `${at.join(".")}: ${message}`).join("; ");
    answer(422, { type: "about:blank", title: "invalid_input", status: 422, code: "invalid_input", detail });
  }
  return true;
}
