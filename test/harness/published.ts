/** Checks answers against what a company publishes about its own; the files are there on some machines only. */
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const SPECS = process.env["SPECS_DIR"] ?? join(import.meta.dirname, "../../../shared/specs");

/** What differs from the named schema; empty where a value is as published. */
export type FaultsOf = (schema: string, value: unknown) => object[];

/** OpenAPI 3.0's `nullable` as JSON Schema says it: beside an `enum` or a `$ref` it would mean nothing. */
function reviveNullable(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("nullable" in value)) return value;
  const { nullable, ...schema } = value;
  return nullable === true ? { anyOf: [schema, { type: "null" }] } : schema;
}

/** Null where this machine has no such file. */
export function published(file: string): FaultsOf | null {
  const path = join(SPECS, file);
  if (!existsSync(path)) return null;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  // OpenAI's own, beside `type: integer`.
  ajv.addFormat("unixtime", true);
  ajv.addSchema(JSON.parse(readFileSync(path, "utf8"), reviveNullable) as object, "spec");
  return (schema, value) => {
    const key = `spec#/components/schemas/${schema}`;
    const validate = ajv.getSchema(key) ?? ajv.compile({ $ref: key });
    return validate(value) === true ? [] : (validate.errors ?? []);
  };
}
