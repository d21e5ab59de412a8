import { readFileSync } from "node:fs";
import type { PageRequest, World } from "../core/company.ts";
import { approvalPage, returningPage } from "./approval-page.ts";
import { find } from "./books.ts";
import { behaviourOf, readBuyer } from "./buyers.ts";
import { html, json, messagePage, redirect, wantsJson } from "./layout.ts";
import { approveOrder, returnTo } from "./orders/approve.ts";
import { isGone, type Meta, type Order, type OrderEntry } from "./orders/order.ts";
import { CERTIFICATE_PATH } from "./webhooks/certificate.ts";
import { serveCertificate } from "./webhooks/certificate-page.ts";

const STYLE = "/assets/approve.css";
const ID = /^[A-Z0-9-]{5,40}$/;
let style: string | null = null;

/** The pages for buyers, and the certificates. Ids are unguessable, so they name the world as well. */
export async function servePage(page: PageRequest): Promise<boolean> {
  const { path, method, res } = page;
  if (path === STYLE) {
    style ??= readFileSync(new URL("assets/approve.css", import.meta.url), "utf8");
    res.writeHead(200, { "content-type": "text/css; charset=utf-8", "cache-control": "no-cache" }).end(style);
    return true;
  }
  if (path.startsWith(CERTIFICATE_PATH)) {
    await serveCertificate(page);
    return true;
  }
  if (path !== "/checkoutnow") return false;
  if (method !== "GET" && method !== "POST") res.writeHead(405, { allow: "GET, POST" }).end();
  else checkout(page);
  return true;
}

function checkout(page: PageRequest): void {
  const id = page.query.get("token") ?? "";
  const world = ID.test(id)
    ? (page.worlds.all().find((each) => find(each, "order", id) !== null) ?? null)
    : null;
  const entry = world === null ? null : find<Order, Meta>(world, "order", id);
  if (world === null || entry === null)
    return html(
      null,
      page.res,
      404,
      messagePage("There is no such order", "Check the address, or start again in the shop."),
    );
  if (isGone(world, entry)) return gone(page, world, entry);
  if (entry.body.status === "APPROVED" || entry.body.status === "COMPLETED") return back(page, world, entry);
  if (page.method === "GET") return ask(page, world, entry, null);
  const form = new URLSearchParams(page.rawBody.toString());
  if (form.get("act") === "cancel") return cancel(page, world, entry);
  const email = readBuyer(form.get("buyer") ?? "");
  if (email === null) return ask(page, world, entry, "Enter a valid e-mail address.");
  if (behaviourOf(email) === "cancel") return cancel(page, world, entry);
  back(
    page,
    world,
    world.store.atomic(() => approveOrder(world, entry, email)),
  );
}

function gone(page: PageRequest, world: World, entry: OrderEntry): void {
  if (wantsJson(page))
    return json(world, page.res, 410, { status: "EXPIRED", redirect_url: null, error: null });
  const text = "Nothing has been paid. Start again in the shop.";
  html(world, page.res, 410, messagePage("This order has expired", text, returnTo(entry, false)));
}

function ask(page: PageRequest, world: World, entry: OrderEntry, error: string | null): void {
  const status = error === null ? 200 : 400;
  const { body, meta } = entry;
  if (wantsJson(page))
    return json(world, page.res, status, { status: body.status, redirect_url: null, error });
  const [unit] = body.purchase_units;
  const view = {
    action: `/paypal/checkoutnow?token=${body.id}`,
    brand: meta.brand,
    amount: body.purchase_units.map(({ amount }) => `${amount.value} ${amount.currency_code}`).join(" + "),
    lines: [
      unit?.description ?? "",
      unit?.invoice_id === undefined ? "" : `Invoice ${unit.invoice_id}`,
    ].filter((line) => line !== ""),
    verb: "Approve",
    error,
  };
  html(world, page.res, status, approvalPage(view));
}

function cancel(page: PageRequest, world: World, entry: OrderEntry): void {
  const to = returnTo(entry, false);
  if (wantsJson(page))
    return json(world, page.res, 200, { status: entry.body.status, redirect_url: to, error: null });
  if (to !== null) return redirect(world, page.res, to);
  html(world, page.res, 200, messagePage("Cancelled", "Nothing has been paid. You may close this page."));
}

/** Back to the shop, a little after the event went out. */
function back(page: PageRequest, world: World, entry: OrderEntry): void {
  const to = returnTo(entry, true);
  if (wantsJson(page))
    return json(world, page.res, 200, { status: entry.body.status, redirect_url: to, error: null });
  if (to === null) return html(world, page.res, 200, messagePage("Approved", "You may close this page."));
  html(world, page.res, 200, returningPage(to));
}
