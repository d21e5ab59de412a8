import type { PageRequest, World } from "../../core/company.ts";
import { findObject } from "../books.ts";
import { afterIntent } from "../invoices/settle.ts";
import { BY_ITSELF, type Intent } from "../payments/charges.ts";
import { authenticateIntent } from "../payments/pay.ts";
import { authenticateSetup, type SetupIntent } from "../payments/setup-intents.ts";
import { afterPortalSetup } from "../portal/acts.ts";
import { afterSetup } from "../subscriptions/after-setup.ts";
import { formOf, html, redirect } from "./answer.ts";
import { authenticatePage, messagePage } from "./checkout-page.ts";

type Asked = Intent | SetupIntent;
const findAsked = (world: World, id: string): Asked | null =>
  findObject<Intent>(world, "payment_intent", id) ?? findObject<SetupIntent>(world, "setup_intent", id);

/** What the bank's answer does to the intent and to what hangs on it. */
function answered(world: World, asked: Asked, passed: boolean): Asked {
  if (asked.object === "setup_intent") {
    const after = authenticateSetup(world, asked, passed);
    afterSetup(world, after, BY_ITSELF);
    afterPortalSetup(world, after);
    return after;
  }
  const after = authenticateIntent(world, asked, passed);
  afterIntent(world, asked.id, BY_ITSELF);
  return after;
}

/** The page that `next_action.redirect_to_url` of an intent names. */
export function serveAuthentication(page: PageRequest, id: string): void {
  const world = page.worlds.all().find((each) => findAsked(each, id) !== null);
  const intent = world === undefined ? null : findAsked(world, id);
  if (world === undefined || intent === null)
    return html(page.res, 404, messagePage("There is no such payment", "Check the address."));
  if (intent.status !== "requires_action") {
    return html(
      page.res,
      200,
      messagePage("Nothing to confirm", `This payment is ${intent.status.replaceAll("_", " ")}.`),
    );
  }
  if (page.method === "GET") return html(page.res, 200, authenticatePage(intent));
  const passed = formOf(page).get("outcome") === "complete";
  const back = intent.next_action?.redirect_to_url?.return_url ?? null;
  const after = world.store.atomic(() => answered(world, intent, passed));
  if (back === null)
    return html(
      page.res,
      200,
      messagePage("Done", `This payment is ${after.status.replaceAll("_", " ")}. You may close this page.`),
    );
  const url = new URL(back);
  url.searchParams.set(intent.object, id);
  url.searchParams.set(`${intent.object}_client_secret`, intent.client_secret ?? "");
  url.searchParams.set("redirect_status", after.status === "succeeded" ? "succeeded" : "failed");
  redirect(world, page.res, url.href);
}
