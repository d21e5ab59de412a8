/** Text is never altered or refused for what it looks like: what goes in by a field comes out of it byte for byte. */
import { afterAll, expect, test } from "vitest";
import { startTestApp } from "../harness/app.ts";
import type { Json } from "../harness/client.ts";
import { examples } from "./examples.ts";
import { NAUGHTY } from "./naughty-strings.ts";
import { readOperations, type Operation } from "./operations.ts";

const app = await startTestApp();
afterAll(() => app.close());

const { document, operations } = await readOperations(app.anonymous);
const resolve = (schema: Json | undefined): Json => {
  const ref = schema?.$ref;
  if (typeof ref !== "string") return schema ?? {};
  return ref
    .slice(2)
    .split("/")
    .reduce<Json>((at, part) => at[part] as Json, document);
};
const propertiesOf = (schema: Json | undefined): Record<string, Json> =>
  (resolve(schema).properties ?? {}) as Record<string, Json>;
const jsonOf = (holder: unknown): Json | undefined =>
  (holder as { content?: Record<string, { schema?: Json }> } | undefined)?.content?.["application/json"]
    ?.schema;

/** Text of a person's own choice: no list, shape or id. */
const isFree = ({ type, enum: listed, format, pattern, const: only }: Json): boolean =>
  type === "string" && listed === undefined && !format && !pattern && only === undefined;

/** The fields of an operation's body that are free text and stand in its answer under the same name. */
function echoed({ method, path, successStatus }: Operation): { name: string; min: number }[] {
  const paths = document.paths as Record<string, Record<string, Json>>;
  const declared = paths[path]?.[method.toLowerCase()];
  const responses = (declared?.responses ?? {}) as Record<string, unknown>;
  const told = propertiesOf(jsonOf(responses[successStatus]));
  return Object.entries(propertiesOf(jsonOf(declared?.requestBody)))
    .filter(([name, schema]) => isFree(resolve(schema)) && resolve(told[name]).type === "string")
    .map(([name, schema]) => ({ name, min: Number(resolve(schema).minLength ?? 0) }));
}

const fields = operations
  .filter(({ id }) => examples[id]?.status === undefined)
  .flatMap((operation) =>
    echoed(operation).map(({ name, min }) => ({ operation, field: name, min, id: operation.id })),
  );

test("there are fields to try, and more than 25 kinds of text", () => {
  expect(fields.map(({ id, field }) => `${id}.${field}`)).toEqual(
    expect.arrayContaining(["changeProfile.full_name", "createOrganization.name", "createApiKey.name"]),
  );
  expect(Object.keys(NAUGHTY).length).toBeGreaterThanOrEqual(25);
});

test.each(fields)("$id gives back the bytes of its $field", async ({ operation, field, min }) => {
  for (const [kind, naughty] of Object.entries(NAUGHTY)) {
    const text = naughty + ".".repeat(min);
    const given = (await examples[operation.id]?.given?.(app)) ?? {};
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => given.params?.[name] ?? "");
    const body = { ...(given.body as Json), [field]: text };
    const slug = "slug" in body ? { slug: `s-${crypto.randomUUID()}` } : {};
    const answer = await app.owner.call(operation.method, path, { body: { ...body, ...slug } });
    expect([kind, answer.status, answer.body[field]]).toEqual([kind, operation.successStatus, text]);
  }
});
