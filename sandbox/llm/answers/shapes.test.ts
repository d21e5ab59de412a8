/** Every answer and chunk against OpenRouter's own document, when this machine has it. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsOf, startAlone, type Alone } from "../alone.ts";
import { models } from "../models/models.ts";
import { readSpec } from "../specs.ts";

type Document = { paths: Record<string, Record<string, { responses: Record<string, Responded> }>> };
type Responded = { content: Record<string, { schema: object }> };

const spec = readSpec("openrouter/openrouter.trimmed.json") as Document | null;

const AT_ONCE = { "x-sandbox-first-token-ms": "0", "x-sandbox-tokens-per-second": "0" };

let box: Alone;
let ajv: Ajv2020;

/** What is wrong with `value` by the schema at a JSON pointer of the document. */
function faultsOf(pointer: string, value: unknown): unknown[] {
  const key = `openrouter#${pointer}`;
  const validate: ValidateFunction = ajv.getSchema(key) ?? ajv.compile({ $ref: key });
  validate(value);
  return validate.errors ?? [];
}
const escaped = (path: string): string => path.replaceAll("~", "~0").replaceAll("/", "~1");
const answerOf = (path: string, method: string, status: number): string =>
  `/paths/${escaped(path)}/${method}/responses/${status}/content/application~1json/schema`;

describe.skipIf(spec === null)("answers against openrouter.trimmed.json", () => {
  beforeAll(async () => {
    box = await startAlone();
    await box.control("PATCH", "/openrouter/settings", { first_token_ms: 0, tokens_per_second: 0 });
    ajv = new Ajv2020({ strict: false, allErrors: true });
    (formats as unknown as (instance: Ajv2020) => void)(ajv);
    ajv.addSchema(spec as object, "openrouter");
  });
  afterAll(() => box.close());

  const tools = [
    {
      type: "function",
      function: { name: "find_boat", parameters: { type: "object", properties: { n: { type: "integer" } } } },
    },
  ];
  const bodies: [string, Record<string, unknown>][] = [
    ["text", { messages: [{ role: "user", content: "Hello" }] }],
    ["a tool call", { messages: [{ role: "user", content: "Find boat 4" }], tools, tool_choice: "required" }],
    ["JSON", { messages: [{ role: "user", content: "Hello" }], response_format: { type: "json_object" } }],
    ["a cut answer", { messages: [{ role: "user", content: "Hello" }], max_tokens: 2 }],
  ];
  const playable = models
    .map((model) => model.id)
    .filter((id) => !/402|429|529|slow|stall|cut|bad-json|hold/.test(id));

  it.each(bodies)("chat: %s, as JSON and chunk by chunk, of every model", async (_, body) => {
    for (const model of playable) {
      expect(faultsOf("/components/schemas/ChatRequest", { model, ...body })).toEqual([]);
      const json = await box.call("/chat/completions", { model, ...body }, AT_ONCE);
      const answer =
        json.status === 200
          ? answerOf("/chat/completions", "post", 200)
          : answerOf("/chat/completions", "post", 502);
      expect(faultsOf(answer, await json.json())).toEqual([]);
      const stream = await box.call("/chat/completions", { model, ...body, stream: true }, AT_ONCE);
      for (const chunk of eventsOf(await stream.text()).chunks)
        expect(faultsOf("/components/schemas/ChatStreamChunk", chunk)).toEqual([]);
    }
  });

  it("models, key, credits and generation", async () => {
    for (const path of ["/models", "/key", "/credits"]) {
      expect(faultsOf(answerOf(path, "get", 200), await (await box.call(path)).json())).toEqual([]);
    }
    const chat = await box.call("/chat/completions", { model: "openai/gpt-4o", ...bodies[0]?.[1] });
    const { id } = (await chat.json()) as { id: string };
    expect(
      faultsOf(answerOf("/generation", "get", 200), await (await box.call(`/generation?id=${id}`)).json()),
    ).toEqual([]);
    expect(
      faultsOf(answerOf("/generation", "get", 404), await (await box.call("/generation?id=none")).json()),
    ).toEqual([]);
  });

  it("errors", async () => {
    for (const status of [402, 429, 529]) {
      const refused = await box.call("/chat/completions", { model: `sandbox/${status}`, ...bodies[0]?.[1] });
      expect(refused.status).toBe(status);
      expect(faultsOf(answerOf("/chat/completions", "post", status), await refused.json())).toEqual([]);
    }
    const bad = await box.call("/chat/completions", { model: "openai/gpt-4o", messages: [] });
    expect(faultsOf(answerOf("/chat/completions", "post", 400), await bad.json())).toEqual([]);
    const stranger = await fetch(`${box.url}/openrouter/api/v1/key`);
    expect(faultsOf(answerOf("/key", "get", 401), await stranger.json())).toEqual([]);
  });

  it("notices a chunk that is none", () => {
    const chunk = { id: "gen-1", object: "chat.completion.chunk", created: 1, model: "m", choices: [{}] };
    expect(faultsOf("/components/schemas/ChatStreamChunk", chunk)).not.toEqual([]);
  });

  it("operations: as many as coverage says there are", async () => {
    const count = Object.values(spec?.paths ?? {}).reduce(
      (sum, methods) => sum + Object.keys(methods).length,
      0,
    );
    expect(await box.control("GET", "/coverage")).toMatchObject({
      companies: { openrouter: { operations: { of: count } } },
    });
  });
});
