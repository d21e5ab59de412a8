/** Calls about the providers of models and their prices. */
import type { TestApp } from "../harness/app.ts";
import { agreeAtOpenRouter } from "../harness/openrouter-page.ts";
import { newId } from "../../server/platform/ids.ts";
import type { Example } from "./examples.ts";
import { ownOrganization } from "./rows.ts";

let drafts = 0;
/** A list that nobody decided about. */
const draft: Example = {
  given: async (app: TestApp) => {
    const version = `sweep-${(drafts += 1)}`;
    await app.sql(
      `insert into gateway.price_versions (version, provider, state, source, created_at)
       values ($1, 'sweep', 'draft', 'import', now())`,
      [version],
    );
    return { params: { version } };
  },
};

/** A call that its process still serves, as far as anybody knows. */
const running: Example = {
  given: async (app: TestApp) => {
    const id = newId("hold");
    await app.sql(
      `insert into gateway.requests (org_id, id, mode, credential_id, endpoint, model, provider, price_version, streamed,
         hold_id, held_micros, prompt_tokens_bound, state, created_at, next_lookup_at)
       values ($1, $2, 'test', 'sweep', 'chat/completions', 'sandbox/echo', 'openrouter', 'sweep', false, $3, 1, 1, 'open',
         now(), now() + interval '1 day')`,
      [await ownOrganization(app), newId("req"), id],
    );
    return { params: { id } };
  },
  status: 409,
};
/** At a provider that serves nothing; a new one each time, since the calls that name it end it. */
async function aProviderKey(app: TestApp): Promise<string> {
  const id = newId("pvk");
  await app.sql(
    `insert into gateway.provider_keys (org_id, id, provider, secret, secret_last4, use, created_at, updated_at)
     values ($1, $2, $2, decode('00', 'hex'), '0000', 'prefer', now(), now())`,
    [await ownOrganization(app), id],
  );
  return id;
}

/** Something that the owner wrote down; new each time, since the calls that name it end it. */
async function aMemory({ owner }: TestApp): Promise<string> {
  const body = { text: `The sweep has come by ${(drafts += 1)} times` };
  const { body: made, text } = await owner.call("POST", "/api/llm/memory", { body });
  if (typeof made.id !== "string") throw new Error(`no memory: ${text}`);
  return made.id;
}

const adminModel = { params: { author: "openai", slug: "gpt-4o-mini" } };

export const llmExamples: Record<string, Example> = {
  getAdminModel: { given: () => adminModel },
  setModel: {
    given: () => ({
      ...adminModel,
      body: { name: "GPT-4o mini", image_tokens: 50_000, paused: false, aliases: [] },
    }),
  },
  setModelTiers: {
    given: () => ({
      ...adminModel,
      body: {
        provider: "openrouter",
        tiers: [{ above_prompt_tokens: 1_000 + (drafts += 1), prices: { input: "0.0000003" } }],
      },
    }),
  },
  listProviderKeys: {},
  addProviderKey: {
    given: ({ credentials: { openrouter } }) => ({
      body: { provider: "openrouter", secret: openrouter.api_key, fallback_to_platform: true },
    }),
  },
  connectProviderKey: {},
  finishProviderKey: {
    given: async ({ owner, credentials: { openrouter } }) => {
      const path = "/api/llm/provider-keys/connect/openrouter";
      const { body } = await owner.call<{ url: string }>("POST", path);
      return { body: await agreeAtOpenRouter(body.url, openrouter.api_key) };
    },
  },
  changeProviderKey: {
    given: async (app) => ({ params: { id: await aProviderKey(app) }, body: { use: "prefer" } }),
  },
  removeProviderKey: { given: async (app) => ({ params: { id: await aProviderKey(app) } }) },
  listMemory: {},
  addMemory: { given: () => ({ body: { text: "I prefer short answers", kind: "preference" } }) },
  changeMemory: {
    given: async (app) => ({ params: { id: await aMemory(app) }, body: { text: "I prefer long answers" } }),
  },
  removeMemory: { given: async (app) => ({ params: { id: await aMemory(app) } }) },
  clearMemory: {},
  exportMemory: {},
  getMemorySettings: {},
  putMemorySettings: { given: () => ({ body: { own: null } }) },
  listOpenHolds: {},
  reconcileHold: running,
  listLlmProviders: {},
  getInstallationLlmPolicy: {},
  putInstallationLlmPolicy: { given: () => ({ body: {} }) },
  getLlmPolicy: {},
  putLlmPolicy: { given: () => ({ body: { routing: { sort: "price" }, allowed_models: null } }) },
  listAdminProviders: {},
  addProvider: {
    given: () => ({
      body: {
        id: `sweep-${(drafts += 1)}`,
        kind: "compatible",
        base_url: "https://models.example.com/v1",
        secret: "not-a-secret",
        enabled: false,
      },
    }),
  },
  changeProvider: { given: () => ({ params: { id: "openrouter" }, body: { kind: "openrouter" } }) },
  listPriceVersions: {},
  refreshPrices: {},
  importPrices: {
    given: () => ({
      body: {
        provider: "openrouter",
        format: "litellm",
        document: {
          "sandbox/echo": {
            mode: "chat",
            input_cost_per_token: 0.001,
            output_cost_per_token: 0.001 * (drafts += 1),
          },
        },
      },
    }),
  },
  approvePrices: draft,
  rejectPrices: draft,
};
