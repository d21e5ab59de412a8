/** Array parameters as PostgreSQL literals: several times cheaper than the driver's own, which escapes each element. */
const PLAIN = /^[\w:.-]+$/;

export function textArray(values: readonly (string | null)[]): string {
  return `{${values.map(element).join(",")}}`;
}

export function numberArray(values: readonly (bigint | number)[]): string {
  return `{${values.join(",")}}`;
}

export function timeArray(values: readonly (Date | null)[]): string {
  return `{${values.map((value) => (value ? `"${value.toISOString()}"` : "NULL")).join(",")}}`;
}

function element(value: string | null): string {
  if (value === null) return "NULL";
  // A bare NULL would be no text but the absence of one.
  if (PLAIN.test(value) && value.toUpperCase() !== "NULL") return value;
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
