/** The operations of a running app, as its own OpenAPI document lists them. */
import type { Access } from "../../server/platform/http/index.ts";
import type { Client, Json } from "../harness/client.ts";

export type Operation = {
  id: string;
  method: string;
  /** With `{placeholders}`. */
  path: string;
  access: Access;
  idempotent: boolean;
  /** Asks for a proof of at most ten minutes. */
  proof: boolean;
  /** Goes on while the organization is suspended. */
  whenSuspended: boolean;
  /** Open to people who must still set up a second factor. */
  beforeMfa: boolean;
  /** Errors in OpenAI's or OAuth's envelope, where a bad body is 400 and unknown fields pass. */
  foreign: boolean;
  /** JSON pointer to the schema of an error. */
  errorPointer: string;
  hasBody: boolean;
  successStatus: number;
  /** JSON pointer to the schema of the answer; null when the answer has no JSON body. */
  answerPointer: string | null;
};

const escape = (part: string): string => part.replaceAll("~", "~0").replaceAll("/", "~1");

export async function readOperations(client: Client): Promise<{ document: Json; operations: Operation[] }> {
  const { body: document, status } = await client.call("GET", "/api/openapi.json");
  if (status !== 200) throw new Error(`no OpenAPI document: ${status}`);
  const paths = document.paths as Record<string, Record<string, Json>>;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => toOperation(path, method, operation)),
  );
  return { document, operations };
}

function toOperation(path: string, method: string, operation: Json): Operation {
  const responses = operation.responses as Record<string, { content?: Record<string, { schema?: Json }> }>;
  const success = Object.keys(responses).find((status) => /^[23]/.test(status)) ?? "";
  const schema = responses[success]?.content?.["application/json"]?.schema;
  // "null" stands for an answer that the handler writes itself: bytes, or another company's shape.
  const hasJson = schema !== undefined && schema.type !== "null";
  return {
    id: String(operation.operationId),
    method: method.toUpperCase(),
    path,
    access: operation["x-access"] as Access,
    idempotent: operation["x-idempotent"] === true,
    proof: operation["x-proof"] === true,
    whenSuspended: operation["x-when-suspended"] === true,
    beforeMfa: operation["x-before-mfa"] === true,
    foreign: operation["x-envelope"] !== "problem",
    errorPointer: `/components/schemas/${operation["x-envelope"] === "oauth" ? "OAuthError" : "Problem"}`,
    hasBody: operation.requestBody !== undefined,
    successStatus: Number(success),
    answerPointer: hasJson
      ? `/paths/${escape(path)}/${method}/responses/${success}/content/application~1json/schema`
      : null,
  };
}
