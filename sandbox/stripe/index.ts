/**
 * Stripe, as far as Holdfast uses it: the API below `/v1` for the official SDK, the hosted checkout page, the
 * 3-D Secure page and signed webhooks. Shapes are those of `version.ts`. Money moves in these books only.
 *
 * Paying without a browser takes one form POST, or two for a card that asks its holder:
 *   POST /stripe/checkout/{cs_id}               number=4242424242424242&exp=12/34&cvc=123&name=A&email=a@example.com
 *     303 to the success URL · 303 back to the page when 3-D Secure is asked for · 402 with the page when declined
 *   POST /stripe/checkout/{cs_id}/authenticate  outcome=complete (or fail)
 * With `accept: application/json` both answer `{status, payment_status, redirect_url, error, requires_action}`.
 */
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { Company, ErrorKind, World } from "../core/company.ts";
import { openBooks } from "./books.ts";
import { stripeBooks, stripeObjects } from "./bookkeeping.ts";
import { due } from "./due.ts";
import { EVENT_TYPES } from "./events/events.ts";
import { OPERATIONS } from "./operations.ts";
import { servePage } from "./pages/serve-page.ts";
import { serve, writeError } from "./serve.ts";
import { controlStripe } from "./control.ts";
import { triggers } from "./triggers.ts";
import { ownEndpoint, webhookStyle } from "./events/webhook-endpoints.ts";

/** `sk_test_{world}_…`, by Bearer or as the user of Basic. */
function keyOf(headers: IncomingHttpHeaders): string | null {
  const [scheme = "", value = ""] = (headers.authorization ?? "").split(" ", 2);
  if (/^bearer$/i.test(scheme)) return value;
  if (/^basic$/i.test(scheme)) return Buffer.from(value, "base64").toString().split(":", 1)[0] ?? "";
  return null;
}

function worldOf(headers: IncomingHttpHeaders): string | null {
  const key = keyOf(headers);
  if (key === null || key.includes("invalid")) return null;
  return /^(?:sk|rk)_test_([a-z0-9-]{1,40})_[A-Za-z0-9]{4,200}$/.exec(key)?.[1] ?? null;
}

function unauthorized(res: ServerResponse, headers: IncomingHttpHeaders): void {
  const key = keyOf(headers);
  res.setHeader("www-authenticate", 'Bearer realm="Stripe"');
  const message =
    key === null || key === ""
      ? "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/."
      : `Invalid API Key provided: ${key.slice(0, 8)}${"*".repeat(Math.max(0, Math.min(key.length, 24) - 12))}${key.slice(-4)}`;
  writeError(res, 401, { type: "invalid_request_error", message });
}

function error(res: ServerResponse, status: number, kind: ErrorKind): void {
  if (kind === "rate_limit") {
    return writeError(res, 429, {
      type: "invalid_request_error",
      code: "rate_limit",
      message:
        "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
    });
  }
  const message =
    kind === "too_large" ? "Request body is too large." : "An unknown error occurred (sandbox fault)";
  writeError(res, status, { type: status < 500 ? "invalid_request_error" : "api_error", message });
}

function credentials(world: World): Record<string, string> {
  const own = ownEndpoint(world);
  return {
    api_key: `sk_test_${world.name}_${"sandbox".padEnd(24, "0")}`,
    webhook_secret: own?.secret ?? "",
    base_url: world.baseUrl,
  };
}

export const company: Company = {
  name: "stripe",
  worldOf,
  unauthorized,
  error,
  credentials,
  handle: serve,
  faults: ["delay", "status"],
  page: servePage,
  welcome(world) {
    openBooks(world);
    ownEndpoint(world);
  },
  control: controlStripe,
  due,
  webhooks: webhookStyle,
  books: stripeBooks,
  objects: stripeObjects,
  triggers,
  coverage: () => ({
    basis: "official",
    operations: { built: OPERATIONS.map(({ method, path }) => `${method} ${path}`).toSorted(), of: null },
    events: { built: [...EVENT_TYPES], of: 275 },
  }),
};
