/** The unchanged SDKs reach the gateway by base URL alone. */
import OpenAI from "openai";
import { OpenAI as OpenAI6 } from "../../../../test/earlier-sdks/index.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const messages = [{ role: "user" as const, content: "Say 'hello, world'" }];
const model = "openai/gpt-4o-mini";

describe.each([
  ["openai 7", (baseURL: string, apiKey: string) => new OpenAI({ baseURL, apiKey, maxRetries: 0 })],
  [
    "openai 6",
    (baseURL: string, apiKey: string) => new OpenAI6({ baseURL, apiKey, maxRetries: 0 }) as unknown as OpenAI,
  ],
])("%s", (_name, create) => {
  describe.each(["/v1", "/api/llm"])("under %s", (base) => {
    const sdk = (secret = gateway.secret) => create(`${gateway.app.url}${base}`, secret);

    test("JSON", async () => {
      const answer = await sdk().chat.completions.create({ model, messages });
      expect(answer.choices[0]?.message.content).toContain("hello");
      expect(answer.usage?.prompt_tokens).toBeGreaterThan(0);
    });

    test("a stream without and with usage", async () => {
      for (const include_usage of [false, true]) {
        const stream = await sdk().chat.completions.create({
          model,
          messages,
          stream: true,
          ...(include_usage ? { stream_options: { include_usage } } : {}),
        });
        let text = "";
        let finish: string | null = null;
        const usages: unknown[] = [];
        for await (const chunk of stream) {
          text += chunk.choices[0]?.delta.content ?? "";
          finish = chunk.choices[0]?.finish_reason ?? finish;
          if (chunk.usage) usages.push(chunk.usage);
        }
        expect(text).toContain("hello");
        expect(finish).toBe("stop");
        if (include_usage)
          expect(usages).toMatchObject([
            { prompt_tokens: expect.any(Number), cost_micros: expect.any(Number) },
          ]);
        else expect(usages).toEqual([]);
      }
    });

    test("tools", async () => {
      const answer = await sdk().chat.completions.create({
        model,
        messages: [{ role: "user", content: "What is the weather in Paris?" }],
        tools: [
          {
            type: "function",
            function: {
              name: "get_weather",
              description: "The weather of a city",
              parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
            },
          },
        ],
      });
      expect(answer.choices[0]?.finish_reason).toBe("tool_calls");
    });

    test("models, an unknown one, a wrong key, a broken stream", async () => {
      const list = await sdk().models.list();
      expect(list.data.map(({ id }) => id)).toContain(model);
      expect(list.data.map(({ id }) => id)).not.toContain("sandbox/unpriced");
      await expect(sdk().chat.completions.create({ model: "no/such", messages })).rejects.toMatchObject({
        status: 404,
        code: "model_not_found",
      });
      await expect(sdk("hf_test_wrong").models.list()).rejects.toMatchObject({ status: 401 });
      const broken = await sdk().chat.completions.create({
        model: "sandbox/cut",
        messages: [{ role: "user", content: "tokens=40" }],
        stream: true,
      });
      await expect(
        (async () => {
          for await (const chunk of broken) expect(chunk.id).toBeTruthy();
        })(),
      ).rejects.toMatchObject({ code: "upstream_failed" });
    });
  });
});

test("one model as the SDK asks for it, its slash encoded", async () => {
  const sdk = new OpenAI({ baseURL: `${gateway.app.url}/v1`, apiKey: gateway.secret, maxRetries: 0 });
  expect(await sdk.models.retrieve(model)).toMatchObject({ id: model, object: "model" });
  await expect(sdk.models.retrieve("no/such")).rejects.toMatchObject({
    status: 404,
    code: "model_not_found",
  });
});

test("one model by its id, with its slash", async () => {
  const answer = await gateway.key.call("GET", `/v1/models/${model}`);
  expect(answer.body).toMatchObject({ id: model, pricing: { prompt: "0.00000015" } });
  expect((await gateway.key.call("GET", "/v1/models/no/such")).body).toMatchObject({
    error: { code: "model_not_found" },
  });
});
