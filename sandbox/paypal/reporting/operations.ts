import type { World } from "../../core/company.ts";
import { link } from "../books.ts";
import { PayPalError } from "../errors.ts";
import { MERCHANT } from "../merchant.ts";
import { toMoney } from "../money.ts";
import { operation } from "../operation.ts";
import { balanceAt, movementShown, reportTime } from "./ledger.ts";
import { reportingDelayMs } from "./settings.ts";

const MAX_RANGE_MS = 31 * 86_400_000;
/** PayPal goes three years back. */
const DEPTH_MS = 3 * 366 * 86_400_000;
const MAX_PAGE = 500;

function refuse(issue: string, description: string): PayPalError {
  return new PayPalError(400, "INVALID_REQUEST", {
    details: [{ issue, description, location: "query" }],
  });
}

/** An instant with an offset: PayPal takes no other. */
function instant(query: URLSearchParams, name: string): number {
  const text = (query.get(name) ?? "").replace(/([+-]\d\d)(\d\d)$/, "$1:$2");
  if (text === "") throw refuse("MISSING_REQUIRED_PARAMETER", `Required query param ${name} is missing.`);
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$/i.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isNaN(at))
    throw refuse("INVALID_PARAMETER_SYNTAX", `${name} does not conform to the expected format.`);
  return at;
}

function whole(query: URLSearchParams, name: string, otherwise: number, most: number): number {
  const text = query.get(name) ?? String(otherwise);
  const value = Number(text);
  if (!/^\d{1,6}$/.test(text) || value < 1 || value > most)
    throw refuse("INVALID_PARAMETER_VALUE", `${name} is a number from 1 to ${most}.`);
  return value;
}

function listTransactions(world: World, query: URLSearchParams): Record<string, unknown> {
  const now = world.clock.now();
  const [from, to] = [instant(query, "start_date"), instant(query, "end_date")];
  if (to < from) throw refuse("INVALID_DATE_RANGE", "The end date comes before the start date.");
  if (to - from > MAX_RANGE_MS) throw refuse("INVALID_DATE_RANGE", "Date range is greater than 31 days");
  if (from < now - DEPTH_MS)
    throw refuse("INVALID_DATE_RANGE", "Data for the given start date is not available.");
  const status = query.get("transaction_status");
  const size = whole(query, "page_size", 100, MAX_PAGE);
  const page = whole(query, "page", 1, 100_000);
  const fresh = now - reportingDelayMs(world);
  const rows = world.store.all(
    `select * from paypal_ledger where at_ms between ?1 and ?2 and at_ms <= ?3 and (?4 is null or id = ?4)
     and (?5 is null or code = ?5) and (?6 is null or currency = ?6) order by seq`,
    from,
    to,
    fresh,
    query.get("transaction_id"),
    query.get("transaction_type"),
    query.get("transaction_currency"),
  );
  const found = status === null || status === "S" ? rows : [];
  const shown = found.slice((page - 1) * size, page * size);
  const pages = Math.ceil(found.length / size);
  const at = (number: number, rel: string) => {
    const other = new URLSearchParams(query);
    other.set("page", String(number));
    return link(world, `/v1/reporting/transactions?${other.toString()}`, rel);
  };
  return {
    transaction_details: shown.map((row) => movementShown(row, MERCHANT.merchant_id)),
    account_number: MERCHANT.merchant_id,
    start_date: reportTime(from),
    end_date: reportTime(Math.min(to, fresh)),
    last_refreshed_datetime: reportTime(fresh),
    page,
    total_items: found.length,
    total_pages: pages,
    links: [at(page, "self"), ...(page < pages ? [at(page + 1, "next"), at(pages, "last")] : [])],
  };
}

function listBalances(world: World, query: URLSearchParams): Record<string, unknown> {
  const fresh = world.clock.now() - reportingDelayMs(world);
  const at = query.get("as_of_time") === null ? fresh : Math.min(instant(query, "as_of_time"), fresh);
  const wanted = query.get("currency_code") ?? "ALL";
  const currencies = world.store
    .all("select distinct currency from paypal_ledger order by currency")
    .map((row) => String(row["currency"]))
    .filter((currency) => wanted === "ALL" || wanted === currency);
  return {
    balances: currencies.map((currency) => {
      const total = toMoney(balanceAt(world, currency, at), currency);
      return {
        currency,
        ...(currency === "USD" ? { primary: true } : {}),
        total_balance: total,
        available_balance: total,
        withheld_balance: toMoney(0n, currency),
      };
    }),
    account_id: MERCHANT.merchant_id,
    as_of_time: reportTime(at),
    last_refresh_time: reportTime(fresh),
  };
}

export const reportingOperations = [
  operation("GET", "/v1/reporting/transactions", null, ({ world, query }) => ({
    status: 200,
    body: listTransactions(world, query),
  })),
  operation("GET", "/v1/reporting/balances", null, ({ world, query }) => ({
    status: 200,
    body: listBalances(world, query),
  })),
];
