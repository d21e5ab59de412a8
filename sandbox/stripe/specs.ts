/** Stripe's published shapes, for the tests: nothing needs them to run. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = process.env["SPECS_DIR"] ?? join(import.meta.dirname, "../../../shared/specs");

/** One published file of Stripe's, or null when this machine has none. */
export function readSpec(name: string): unknown {
  const file = join(FOLDER, "stripe", name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as unknown) : null;
}

export type Schema = {
  $ref?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
};
export type SchemaFile = { $defs: Record<string, Schema>; roots: Record<string, Schema> };

export const schemaFile = readSpec("schema.stripe-node-23.1.0.json") as SchemaFile | null;

/** Follows references, and of several possibilities takes the one with properties. */
export function resolve(file: SchemaFile, schema: Schema): Schema {
  let found = schema;
  while (found.$ref !== undefined) {
    found = file.$defs[found.$ref.replace("#/$defs/", "").replaceAll("%23", "#")] ?? {};
  }
  if (found.anyOf === undefined) return found;
  const options = found.anyOf.map((option) => resolve(file, option));
  return options.find((option) => option.properties !== undefined || option.items !== undefined) ?? found;
}
