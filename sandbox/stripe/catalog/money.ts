import { invalid } from "../protocol/errors.ts";
import type { Field } from "../protocol/params.ts";

/** Decimal places of the currencies an account in the USA may charge; two unless listed here. */
const PLACES: Readonly<Record<string, number>> = {
  bif: 0,
  clp: 0,
  djf: 0,
  gnf: 0,
  jpy: 0,
  kmf: 0,
  krw: 0,
  mga: 0,
  pyg: 0,
  rwf: 0,
  vnd: 0,
  vuv: 0,
  xaf: 0,
  xof: 0,
  xpf: 0,
  bhd: 3,
  jod: 3,
  kwd: 3,
  omr: 3,
  tnd: 3,
};
const KNOWN = new Set([
  ...Object.keys(PLACES),
  ..."aed,ars,aud,bgn,brl,cad,chf,cny,cop,czk,dkk,egp,eur,gbp,hkd,huf,idr,ils,inr,isk,kes,mad,mxn,myr,ngn,nok,nzd,pen,php,pkr,pln,qar,ron,sar,sek,sgd,thb,try,twd,uah,ugx,usd,uyu,zar".split(
    ",",
  ),
]);

/** A three-letter ISO code, in either case; answers are in lower case. */
export function currency(): Field<string> {
  return {
    read(value, name) {
      const code = typeof value === "string" ? value.toLowerCase() : "";
      if (KNOWN.has(code)) return code;
      throw invalid(
        `Invalid currency: ${String(value)}. Stripe currently supports these currencies: ${[...KNOWN].toSorted().join(", ")}`,
        name,
      );
    },
  };
}

const SIGNS: Readonly<Record<string, string>> = { usd: "$", eur: "€", gbp: "£", jpy: "¥" };

/** `$20.00`, `¥500`, `20.00 chf`: as people read an amount of minor units. */
export function formatAmount(amount: number, unit: string): string {
  const places = PLACES[unit] ?? 2;
  const value = (amount / 10 ** places).toLocaleString("en-US", {
    minimumFractionDigits: places,
    maximumFractionDigits: places,
  });
  const sign = SIGNS[unit];
  return sign === undefined ? `${value} ${unit.toUpperCase()}` : `${sign}${value}`;
}

/** The least charge; Stripe's for dollars, taken for every currency with two places. */
export function leastCharge(unit: string): number {
  const places = PLACES[unit] ?? 2;
  return places === 0 ? 50 : places === 3 ? 500 : 50;
}
export const GREATEST_CHARGE = 99_999_999;

/** 2.9 % + 30 cents, half a cent rounded up, in integers. */
export function chargeFee(amount: number): number {
  return Math.floor((amount * 29 + 500) / 1000) + 30;
}
