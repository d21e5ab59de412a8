import { createHash } from "node:crypto";

/** Raised when the shape of any cached value changes: what an older version wrote is then never read. */
const VERSION = 1;

/** `org:resource:key:v`. What concerns no organization stands under "all". */
export const fullKey = (org: string | null, resource: string, key: string): string =>
  `${org ?? "all"}:${resource}:${key}:${VERSION}`;

/** The key of an answer that depends on a query, whatever the order of its fields. */
export function queryKey(query: Readonly<Record<string, unknown>>): string {
  const fields = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(fields)).digest("hex");
}
