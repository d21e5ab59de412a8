import type { ServerResponse } from "node:http";
import { findObject } from "../books.ts";
import type { PageRequest, World } from "../../core/company.ts";
import { readCard, type CardEntry } from "../customers/payment-methods.ts";
import { StripeError } from "../protocol/errors.ts";

const SECURITY = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

export function html(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, { "content-type": "text/html; charset=utf-8", ...SECURITY });
  res.end(text);
}

export function redirect(world: World, res: ServerResponse, location: string): void {
  world.store.afterCommit(() => res.writeHead(303, { location, "cache-control": "no-store" }).end());
}

export function answerJson(world: World, res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  const text = JSON.stringify(body);
  world.store.afterCommit(() => res.end(text));
}

export function worldWith(page: PageRequest, kind: string, id: string): World | null {
  return page.worlds.all().find((world) => findObject(world, kind, id) !== null) ?? null;
}

export const wantsJson = (page: PageRequest): boolean =>
  (page.headers.accept ?? "").startsWith("application/json");

export const formOf = (page: PageRequest): URLSearchParams => new URLSearchParams(page.rawBody.toString());

/** The card in a form, refused in the words of Stripe's own forms. */
export function cardIn(world: World, form: URLSearchParams): CardEntry {
  const value = (name: string): string => (form.get(name) ?? "").trim();
  const [month = "", year = ""] = value("exp")
    .split("/")
    .map((part) => part.trim());
  return readCard(world, {
    number: value("number"),
    exp_month: Number(/^\d{1,2}$/.exec(month)?.[0] ?? 0),
    exp_year: Number(/^\d{2}(\d{2})?$/.exec(year)?.[0] ?? 0),
    ...(value("cvc") === "" ? {} : { cvc: value("cvc") }),
  });
}

type Tried = { code?: string; message?: string; decline_code?: string } | null | undefined;

/** What the form shows of a try that failed; null when none did. */
export function refusalOf(error: Tried): StripeError | null {
  if (error === null || error === undefined) return null;
  const param =
    error.code === "incorrect_cvc" ? "cvc" : error.code === "expired_card" ? "exp_month" : "number";
  return new StripeError(402, {
    type: "card_error",
    code: error.code ?? "card_declined",
    message: error.message ?? "Your card was declined.",
    param,
    ...(error.decline_code === undefined ? {} : { decline_code: error.decline_code }),
  });
}

/** What `act` was refused with by the books or by the form; everything else is thrown on. */
export function refusedBy(world: World, act: () => StripeError | null): StripeError | null {
  try {
    return world.store.atomic(act);
  } catch (error) {
    if (error instanceof StripeError) return error;
    throw error;
  }
}
