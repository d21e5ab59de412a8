/** How to call the operations on credits and their limits. */
import type { TestApp } from "../harness/app.ts";
import { wav } from "../harness/sounds.ts";
import type { Example } from "./examples.ts";
import { credits, once, ownOrganization } from "./rows.ts";

/** A hold of the first organization; a new one each time, since the calls that name it end it. */
async function aTokenHold(app: TestApp): Promise<string> {
  await credits(app);
  const { body, text } = await app.owner.call("POST", "/api/tokens/reserve", { body: { amount_micros: 10 } });
  if (typeof body.id !== "string") throw new Error(`no hold: ${text}`);
  return body.id;
}

/** A model call that is settled. */
const aSettledCall = once(async (app) => {
  await credits(app);
  const body = { model: "sandbox/echo", max_tokens: 5, messages: [{ role: "user", content: "Hello" }] };
  const { headers, text } = await app.owner.call("POST", "/v1/chat/completions", { body });
  const id = headers.get("x-request-id");
  if (!id) throw new Error(`no call: ${text}`);
  return id;
});

/** A call that costs credits, in one of the dialects. */
const spending = (body: unknown): Example => ({
  async given(app) {
    await credits(app);
    return { body };
  },
});
export const completion = spending({ model: "sandbox/echo", max_tokens: 5, prompt: "Hello" });
export const embedding = spending({ model: "openai/text-embedding-3-small", input: "Hello" });
export const message = spending({
  model: "sandbox/echo",
  max_tokens: 5,
  messages: [{ role: "user", content: "Hello" }],
});
export const response = spending({ model: "sandbox/echo", max_output_tokens: 5, input: "Hello" });

/** Two seconds of sound. */
export const transcription: Example = {
  async given(app) {
    await credits(app);
    const form = new FormData();
    form.append("model", "openai/whisper-1");
    form.append("file", new File([Uint8Array.from(wav(2))], "sound.wav"));
    const sent = new Response(form);
    const body = new Uint8Array(await sent.arrayBuffer());
    return { body, headers: { "content-type": sent.headers.get("content-type") ?? "" } };
  },
};

export const gatewayExamples: Record<string, Example> = {
  reserveTokens: {
    async given(app) {
      await credits(app);
      return { body: { amount_micros: 10 } };
    },
  },
  consumeTokens: {
    given: async (app) => ({ body: { hold_id: await aTokenHold(app), amount_micros: 5 } }),
    bodyNamesRow: true,
  },
  releaseTokens: {
    given: async (app) => ({ body: { hold_id: await aTokenHold(app) } }),
    bodyNamesRow: true,
  },
  listTokenHolds: {},
  getTokenLimits: {},
  getInstallationUsage: {},
  listReceiptKeys: {},
  quoteCall: {
    given: () => ({
      body: {
        path: "/v1/chat/completions",
        body: { model: "sandbox/echo", messages: [{ role: "user", content: "Hello" }] },
      },
    }),
  },
  getReceipt: { given: async (app) => ({ params: { request_id: await aSettledCall(app) } }) },
  setTokenLimits: {
    given: async (app) => ({
      body: { subject_type: "org", subject_id: await ownOrganization(app), budget_monthly_micros: 10 ** 12 },
    }),
    bodyNamesRow: true,
  },
};
