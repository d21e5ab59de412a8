/** USD per token as a decimal string → `$0.15` per million tokens, digits kept exactly. */
export function perMillion(usdPerToken: string | undefined): string {
  const match = /^(\d+)(?:\.(\d+))?(?:e-(\d+))?$/i.exec(usdPerToken ?? "");
  if (!match) return "–";
  const [, whole = "0", fraction = "", exponent = "0"] = match;
  const scale = fraction.length + Number(exponent) - 6;
  const digits = whole + fraction;
  const shifted = scale <= 0 ? digits + "0".repeat(-scale) : digits.padStart(scale + 1, "0");
  const point = scale <= 0 ? shifted.length : shifted.length - scale;
  const units = shifted.slice(0, point).replace(/^0+(?=\d)/, "");
  const cents = shifted.slice(point).replace(/0+$/, "").padEnd(2, "0");
  return `$${units}.${cents}`;
}
