import type { SwaggerTransform, SwaggerTransformObject } from "@fastify/swagger";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import type { Access } from "./access.ts";

type Json = Record<string, unknown>;

/** Adds security and the error answer to each operation, and drops the provider's unused `XInput` twins. */
export function documentTransforms(): {
  transform: SwaggerTransform;
  transformObject: SwaggerTransformObject;
} {
  return {
    transform: (document) => {
      const result = jsonSchemaTransform(document);
      const { keyRequired, ...schema } = result.schema as Json;
      const access = schema["x-access"] as Access | undefined;
      if (schema.hide || !access) return { ...result, schema: { ...schema, hide: true } };
      const errors = ERRORS_OF[String(schema["x-envelope"])] ?? "Problem";
      const media = errors === "Problem" ? "application/problem+json" : "application/json";
      return {
        ...result,
        schema: {
          ...schema,
          ...(schema["x-idempotent"] ? { headers: idempotencyKey(keyRequired === true) } : {}),
          security: access.least === "anyone" ? [] : [{ bearer: [] }, { session: [] }],
          response: {
            ...described(schema.response as Json),
            default: {
              description: "An error",
              content: { [media]: { schema: { $ref: `#/components/schemas/${errors}` } } },
            },
          },
        },
      };
    },
    transformObject: (document) => {
      const whole = jsonSchemaTransformObject(document) as Json;
      const components = whole.components as { schemas: Json };
      return {
        ...whole,
        components: { ...components, schemas: { ...used(whole, components.schemas), ...ERRORS } },
      } as never;
    },
  };
}

const idempotencyKey = (required: boolean): Json => ({
  type: "object",
  required: required ? ["Idempotency-Key"] : [],
  properties: {
    "Idempotency-Key": {
      type: "string",
      minLength: 1,
      maxLength: 255,
      description: "One per intent; a repeated request is answered as the first time",
    },
  },
});

const ERRORS_OF: Record<string, string> = {
  openai: "OpenAIError",
  anthropic: "AnthropicError",
  client: "OpenAIError",
  oauth: "OAuthError",
};

function described(response: Json): Json {
  return Object.fromEntries(
    Object.entries(response).map(([status, schema]) => {
      if (status === "204") return [status, { description: "Done; no body", type: "null" }];
      // Without a schema the handler writes the answer itself: a stream, or bytes as they came.
      const written = (schema as Json).type === "null";
      return [
        status,
        { description: "Success", ...(written ? {} : { content: { "application/json": { schema } } }) },
      ];
    }),
  );
}

/** Components that the paths, or used components, refer to. */
function used(whole: Json, schemas: Json): Json {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    for (const [, name] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (name === undefined || found.has(name)) continue;
      found.add(name);
      if (schemas[name]) visit(schemas[name]);
    }
  };
  visit(whole.paths);
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => found.has(name)));
}

const text = { type: "string" };
const PROBLEM: { required: string[]; properties: Json } = {
  required: ["type", "title", "status", "instance", "code"],
  properties: {
    type: text,
    title: text,
    status: { type: "integer" },
    detail: text,
    instance: { ...text, description: "The request id" },
    code: text,
    errors: {
      type: "array",
      items: {
        type: "object",
        required: ["pointer", "detail"],
        properties: { pointer: text, detail: text },
      },
    },
  },
};
const ERRORS: Json = {
  Problem: { type: "object", ...PROBLEM },
  OAuthError: {
    type: "object",
    required: ["error", "error_description", ...PROBLEM.required],
    properties: {
      error: { ...text, description: "As RFC 6749, 7009 and 8628 name it" },
      error_description: text,
      ...PROBLEM.properties,
    },
  },
  AnthropicError: {
    type: "object",
    required: ["type", "error", "request_id"],
    properties: {
      type: { type: "string", const: "error" },
      error: {
        type: "object",
        required: ["type", "message", "code"],
        properties: { type: text, message: text, code: text, param: text },
      },
      request_id: text,
    },
  },
  OpenAIError: {
    type: "object",
    required: ["error"],
    properties: {
      error: {
        type: "object",
        required: ["message", "type", "param", "code"],
        properties: { message: text, type: text, param: { type: ["string", "null"] }, code: text },
      },
    },
  },
};
