/**
 * PayPal on this machine, mounted at `/paypal`: orders, authorizations, captures, refunds, signed webhooks with their event
 * list, and the page on which a buyer approves. Money moves in these books only.
 *
 * Approving without a browser takes one form POST; with `accept: application/json` the page answers
 * `{status, redirect_url, error}`:
 *   POST /paypal/checkoutnow?token={order}  buyer=approve@sandbox.test  (or act=cancel)
 * `buyers.ts` lists who does what. Webhooks are signed by a certificate served from this sandbox by TLS, below
 * `/v1/notifications/certs/`; its root and host are part of the credentials.
 */
import type { ServerResponse } from "node:http";
import type { Company, ErrorKind, World } from "../core/company.ts";
import { billDue } from "./billing/bill.ts";
import { controlBuyers } from "./billing/buyer-settings.ts";
import { paypalBooks, paypalObjects } from "./bookkeeping.ts";
import { apiBase, openBooks } from "./books.ts";
import { controlDashboard } from "./dashboard.ts";
import { decideDispute } from "./disputes/dispute.ts";
import { errorBody, PayPalError, writeJson, type ErrorName } from "./errors.ts";
import { OPERATIONS } from "./operations.ts";
import { servePage } from "./pages.ts";
import { expireAuthorization } from "./payments/authorization.ts";
import { clearCapture } from "./payments/capture.ts";
import { controlSettings } from "./reporting/settings.ts";
import { serve } from "./serve.ts";
import { clientOf, unauthorized, worldOf } from "./token.ts";
import { triggers } from "./triggers.ts";
import { hostOf } from "./webhooks/certificate.ts";
import { EVENT_TYPES } from "./webhooks/event-types.ts";
import { ownHook } from "./webhooks/hooks.ts";
import { webhookStyle } from "./webhooks/transmissions.ts";

const TOKEN = "POST /v1/oauth2/token";

function error(res: ServerResponse, status: number, kind: ErrorKind): void {
  const names: Partial<Record<ErrorKind, ErrorName>> = {
    rate_limit: "RATE_LIMIT_REACHED",
    too_large: "INVALID_REQUEST",
  };
  const name =
    names[kind] ??
    (status === 503 ? "SERVICE_UNAVAILABLE" : status < 500 ? "INVALID_REQUEST" : "INTERNAL_SERVER_ERROR");
  const debugId = "sandbox0000000";
  writeJson(res, status, errorBody(new PayPalError(status, name), debugId), debugId);
}

const credentials = (world: World): Record<string, string> => ({
  ...clientOf(world),
  base_url: apiBase(world),
  webhook_id: ownHook(world)?.id ?? "",
  cert_roots: world.authority.rootPem,
  cert_hosts: hostOf(world),
});

export const paypal: Company = {
  name: "paypal",
  worldOf,
  unauthorized,
  error,
  credentials,
  handle: serve,
  page: servePage,
  control: async (request) =>
    (await controlSettings(request)) || (await controlBuyers(request)) || controlDashboard(request),
  welcome(world) {
    openBooks(world);
    ownHook(world);
  },
  due: {
    "capture.clear": clearCapture,
    "authorization.expire": expireAuthorization,
    "subscription.bill": billDue,
    "dispute.decide": decideDispute,
  },
  webhooks: webhookStyle,
  books: paypalBooks,
  objects: paypalObjects,
  triggers,
  coverage: () => ({
    basis: "official",
    operations: {
      built: [TOKEN, ...OPERATIONS.map(({ method, path }) => `${method} ${path}`)].toSorted(),
      of: null,
    },
    events: { built: Object.keys(EVENT_TYPES), of: null },
  }),
};
