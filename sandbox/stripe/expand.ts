import type { World } from "../core/company.ts";
import { allObjects, fieldIs, findAny } from "./books.ts";
import { presentBalanceTransaction, type BalanceTransaction } from "./balance/transactions.ts";
import { lineItems } from "./checkout/hidden.ts";
import { intentOf, paymentsOf } from "./invoices/invoice-payments.ts";
import { invalid } from "./protocol/errors.ts";
import type { Form, FormValue } from "./protocol/form.ts";

const MAX_DEPTH = 4;

/** Takes `expand[]` out of the parameters. */
export function takeExpand(form: Form): { rest: Form; paths: string[] } {
  const { expand, ...rest } = form;
  if (expand === undefined) return { rest, paths: [] };
  const items: FormValue[] = Array.isArray(expand) ? expand : [expand];
  const paths = items.map((item) => {
    if (typeof item !== "string") throw invalid("Invalid array", "expand");
    if (item.split(".").length > MAX_DEPTH) {
      throw invalid(
        `You cannot expand more than ${MAX_DEPTH} levels of a property (Property: ${item}).`,
        "expand",
      );
    }
    return item;
  });
  return { rest, paths };
}

type Bag = Record<string, unknown>;

/** Lists that hang on an object and are shown only when asked for. */
function hiddenList(world: World, owner: Bag, name: string): unknown {
  const id = String(owner["id"]);
  if (owner["object"] === "checkout.session" && name === "line_items") {
    return {
      object: "list",
      data: lineItems(world, id),
      has_more: false,
      url: `/v1/checkout/sessions/${id}/line_items`,
    };
  }
  if (owner["object"] === "invoice" && name === "payments") {
    const data = paymentsOf(world, id);
    return { object: "list", data, has_more: false, url: `/v1/invoice_payments?invoice=${id}` };
  }
  if (owner["object"] === "invoice" && name === "confirmation_secret") {
    const secret = intentOf(world, { id })?.client_secret ?? null;
    return secret === null ? null : { client_secret: secret, type: "payment_intent" };
  }
  if (owner["object"] === "charge" && name === "refunds") {
    const data = allObjects(world, "refund", fieldIs("charge", id)).toReversed();
    return { object: "list", data, has_more: false, url: `/v1/charges/${id}/refunds` };
  }
  return undefined;
}

function expandOne(world: World, value: unknown, parts: readonly string[], path: string): void {
  const [name, ...rest] = parts;
  if (name === undefined || value === null || value === undefined) return;
  if (Array.isArray(value)) {
    for (const item of value) expandOne(world, item, parts, path);
    return;
  }
  if (typeof value !== "object") return;
  const bag = value as Bag;
  let inner = name in bag ? bag[name] : hiddenList(world, bag, name);
  if (inner === undefined) throw invalid(`This property cannot be expanded (${path}).`, "expand");
  if (typeof inner === "string") {
    const found = findAny(world, inner);
    if (found === null) throw invalid(`This property cannot be expanded (${path}).`, "expand");
    inner =
      found.object === "balance_transaction"
        ? presentBalanceTransaction(world, found as BalanceTransaction)
        : found;
  }
  bag[name] = inner;
  expandOne(world, inner, rest, path);
}

/** Replaces ids by the objects they name, along each path; `data.customer` goes through a list. */
export function expand(world: World, answer: unknown, paths: readonly string[]): unknown {
  if (paths.length === 0) return answer;
  const copy = structuredClone(answer);
  for (const path of paths) expandOne(world, copy, path.split("."), path);
  return copy;
}
