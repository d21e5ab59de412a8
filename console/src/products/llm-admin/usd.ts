const PLACES = 6;

/** USD per token as USD per million tokens, exact: prices of tokens are too small to be read. */
export function perMillion(usd: string): string {
  const [whole = "0", fraction = ""] = usd.split(".");
  const digits = `${whole}${fraction.padEnd(PLACES, "0")}`;
  const point = whole.length + PLACES;
  const left = digits.slice(0, point).replace(/^0+(?=\d)/, "");
  const right = digits.slice(point).replace(/0+$/, "");
  return right === "" ? left : `${left}.${right}`;
}

/** The other way round; null for what is no such price. */
export function perToken(usdPerMillion: string): string | null {
  const [, whole = "", fraction = ""] = /^(\d{1,9})(?:\.(\d{1,12}))?$/.exec(usdPerMillion) ?? [];
  if (whole === "") return null;
  const digits = `${whole.padStart(PLACES + 1, "0")}${fraction}`;
  const point = digits.length - fraction.length - PLACES;
  const left = digits.slice(0, point).replace(/^0+(?=\d)/, "");
  const right = digits.slice(point).replace(/0+$/, "");
  return right === "" ? left : `${left}.${right}`;
}

/** Lines that are paid by the piece; all others are of tokens. */
const PIECES = new Set(["request", "image", "web_search", "audio_second"]);

/** A piece costs what it says, all else is per million. */
export const priceOf = (line: string, usd: string): string => (PIECES.has(line) ? usd : perMillion(usd));

/** The other way round; null for what is no such price. */
export function usdOf(line: string, typed: string): string | null {
  if (!PIECES.has(line)) return perToken(typed);
  return /^\d{1,9}(\.\d{1,18})?$/.test(typed) ? typed : null;
}

/** By how many percent `to` is above `from`; null where that says nothing. */
export function changePercent(from: string | null, to: string | null): number | null {
  const before = Number(from ?? 0);
  return before === 0 || to === null ? null : (Number(to) / before - 1) * 100;
}
