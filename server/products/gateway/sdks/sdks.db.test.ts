/** The unchanged SDKs at every door but the chat's: two majors, both base URLs, and what they throw. */
import OpenAI from "openai";
import { OpenAI as OpenAI6 } from "../../../../test/earlier-sdks/index.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient } from "../../../../test/harness/client.ts";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["openai"] });
});
afterAll(() => gateway.close());

const model = "openai/gpt-4o-mini";
const embedding = "openai/text-embedding-3-small";
const prompt = "Say 'hello, world'";

describe.each<[string, typeof OpenAI]>([
  ["openai 7", OpenAI],
  ["openai 6", OpenAI6 as unknown as typeof OpenAI],
])("%s", (_name, major) => {
  const create = (baseURL: string, apiKey: string) => new major({ baseURL, apiKey, maxRetries: 0 });

  describe.each(["/v1", "/api/llm"])("under %s", (base) => {
    const sdk = (secret = gateway.secret) => create(`${gateway.app.url}${base}`, secret);

    test("completions, whole and piece by piece", async () => {
      const whole = await sdk().completions.create({ model, prompt });
      let text = "";
      const stream = await sdk().completions.create({ model, prompt, stream: true });
      for await (const chunk of stream) text += chunk.choices[0]?.text ?? "";
      expect(text).toContain("hello");
      expect(text).toBe(whole.choices[0]?.text);
    });

    test("embeddings, of texts and of tokens, shorter where asked", async () => {
      const two = await sdk().embeddings.create({ model: embedding, input: ["a boat", "a port"] });
      expect(two.data.map(({ index, embedding: vector }) => [index, vector.length])).toEqual([
        [0, 1_536],
        [1, 1_536],
      ]);
      const short = await sdk().embeddings.create({ model: embedding, input: [1, 2, 3], dimensions: 8 });
      expect(short.data[0]?.embedding).toHaveLength(8);
    });

    test("responses, by the helper that gathers a stream", async () => {
      const stream = sdk().responses.stream({ model, input: prompt });
      const final = await stream.finalResponse();
      const [said] = final.output.flatMap((item) => (item.type === "message" ? item.content : []));
      expect(said).toMatchObject({ type: "output_text", text: expect.stringContaining("hello") });
      expect(final.usage?.output_tokens).toBeGreaterThan(0);
    });

    test("what is thrown: a wrong key, an unknown model, a field out of bounds, a broken stream", async () => {
      const stranger = sdk("hf_test_wrong").embeddings;
      await expect(stranger.create({ model: embedding, input: "a" })).rejects.toMatchObject({ status: 401 });
      await expect(sdk().responses.create({ model: "no/such", input: prompt })).rejects.toMatchObject({
        status: 404,
        code: "model_not_found",
      });
      await expect(
        sdk().responses.create({ model, input: prompt, previous_response_id: "resp_1" }),
      ).rejects.toMatchObject({ status: 400, param: "previous_response_id" });
      const broken = await sdk().completions.create({ model: "sandbox/error-mid", prompt, stream: true });
      await expect(
        (async () => {
          for await (const chunk of broken) expect(chunk.object).toBe("text_completion");
        })(),
      ).rejects.toMatchObject({ code: "upstream_failed" });
    });
  });

  test("without room or budget each door says so in a way that the SDK knows", async () => {
    const keyWith = async (limits: Record<string, number>) => {
      const { secret } = await gateway.app.createKey(gateway.app.owner, { limits });
      return secret;
    };
    const sdk = (apiKey: string) => create(`${gateway.app.url}/v1`, apiKey);
    const slow = sdk(await keyWith({ rpm: 1 }));
    await slow.embeddings.create({ model: embedding, input: "a" });
    const limited: unknown = await slow.responses.create({ model, input: prompt }).catch((error) => error);
    expect(limited).toBeInstanceOf(major.RateLimitError);
    expect(limited).toMatchObject({ status: 429, code: "rate_limit_exceeded" });

    const secret = await keyWith({ rpm: 0, budget_daily_micros: 1 });
    const poor = sdk(secret);
    for (const call of [
      () => poor.completions.create({ model, prompt }),
      () => poor.responses.create({ model, input: prompt }),
      () => poor.embeddings.create({ model: embedding, input: "a boat ".repeat(1_000) }),
    ])
      await expect(call()).rejects.toMatchObject({ status: 402, code: "key_budget_exceeded" });
    const message = await createClient(gateway.app.url, { "x-api-key": secret }).call(
      "POST",
      "/v1/messages",
      {
        body: { model, max_tokens: 5_000, messages: [{ role: "user", content: "Hello" }] },
        idempotencyKey: null,
      },
    );
    expect([message.status, message.body]).toMatchObject([402, { error: { type: "billing_error" } }]);
  });
});
