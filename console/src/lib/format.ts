/** Numbers and instants as people read them. Amounts arrive as integers and are divided for display only. */
const MICROS = 1_000_000;

const credits = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const creditsFine = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });
const integer = new Intl.NumberFormat("en-US");
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** Micro-credits as credits: two decimals, or three significant digits below 0.01 so that a small call is not "0.00". */
export function formatCredits(micros: number): string {
  const value = micros / MICROS;
  const small = value !== 0 && Math.abs(value) < 0.01;
  return minus((small ? creditsFine : credits).format(value));
}

/** The exact amount, for titles: `1,234,567 µcr`. */
export const formatMicros = (micros: number): string => `${integer.format(micros)} micro-credits`;

export const formatInteger = (value: number): string => integer.format(value);
export const formatCompact = (value: number): string => compact.format(value);

/** Minor units by the currency's own exponent: 1000 usd → $10.00, 1000 jpy → ¥1,000. */
export function formatMoney(minor: number, currency: string): string {
  const format = new Intl.NumberFormat("en-US", { style: "currency", currency: currency.toUpperCase() });
  return minus(format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2)));
}

/** An amount of any ledger unit. */
export const formatUnit = (amount: number, unit: string): string =>
  unit === "credit" ? formatCredits(amount) : formatMoney(amount, unit);

const STEPS: [limit: number, unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  [60, "second", 1],
  [3_600, "minute", 60],
  [86_400, "hour", 3_600],
  [86_400 * 30, "day", 86_400],
  [86_400 * 365, "month", 86_400 * 30],
  [Number.POSITIVE_INFINITY, "year", 86_400 * 365],
];
/** No `next mo.` beside an `in 29 days`, no `tomorrow` for what is 40 hours away. */
const counted = new Intl.RelativeTimeFormat("en", { style: "short" });

/** `just now`, `3 min. ago`, `in 2 days`. */
export function formatRelative(instant: string, nowMs: number): string {
  const seconds = (Date.parse(instant) - nowMs) / 1000;
  if (Math.abs(seconds) < 5) return "just now";
  const [, unit, size] = STEPS.find(([limit]) => Math.abs(seconds) < limit) ?? ["", "year", 86_400 * 365];
  return counted.format(Math.trunc(seconds / (size as number)), unit as Intl.RelativeTimeFormatUnit);
}

const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
export const formatExact = (instant: string): string => exact.format(new Date(instant));

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
/** A UTC day of the API (`2026-11-21`) as `21 Nov`. */
export const formatDay = (isoDay: string): string => day.format(new Date(isoDay));

const date = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});
/** The UTC day of an instant with its year, for what may lie a year ahead: `21 Nov 2027`. */
export const formatDate = (instant: string): string => date.format(new Date(instant));

/** The UTC days of a time that ends before `to`: `2026-11-29`, `2026-11-29 – 2026-11-30`. */
export function formatDays(from: string, to: string): string {
  const first = from.slice(0, 10);
  const last = new Date(Date.parse(to) - 1).toISOString().slice(0, 10);
  return first === last ? first : `${first} – ${last}`;
}

const hour = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
/** An instant as `21 Nov 14:00`, in UTC. */
export const formatHour = (instant: string): string =>
  `${day.format(new Date(instant))} ${hour.format(new Date(instant))}`;

/** `4 d 3 h`, `12 min`, `8 s`: the two largest units. */
export function formatDuration(totalSeconds: number): string {
  const units: [string, number][] = [
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
    ["s", 1],
  ];
  let rest = Math.max(0, Math.floor(totalSeconds));
  const parts: string[] = [];
  for (const [name, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${name}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(" ") || "0 s";
}

/** `evt_0198…c3f9`: enough to recognise, the rest in the title. */
export const shortenId = (id: string): string => (id.length > 18 ? `${id.slice(0, 9)}…${id.slice(-4)}` : id);

/** `payment_intent.succeeded` stays; `requires_payment_method` → `Requires payment method`. */
export function humanize(code: string): string {
  const words = code.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const minus = (text: string): string => text.replace("-", "−");
