/** `98.2 %`; a dash where nothing was asked. */
export const formatRatio = (ratio: number | null): string =>
  ratio === null ? "–" : `${(ratio * 100).toFixed(1)} %`;

/** `0.08 ms`, `4.2 ms`, `120 ms`. */
export function formatMs(ms: number | null): string {
  if (ms === null) return "–";
  return `${ms >= 100 ? ms.toFixed(0) : ms >= 1 ? ms.toFixed(1) : ms.toFixed(2)} ms`;
}

/** `12 KB`, `3.4 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  if (bytes < 1_048_576) return `${Math.round(bytes / 1_024)} KB`;
  return `${(bytes / 1_048_576).toFixed(1)} MB`;
}

const usd = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const usdFine = new Intl.NumberFormat("en-US", {
  style: "currency",
  currency: "USD",
  maximumSignificantDigits: 2,
});

/** An exact decimal of dollars: two places, or two digits below a cent. The exact one belongs into a title. */
export function formatUsd(exact: string): string {
  const value = Number(exact);
  const small = value !== 0 && Math.abs(value) < 0.01;
  return (small ? usdFine : usd).format(value).replace("-", "−");
}
