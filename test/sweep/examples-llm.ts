/** Calls about the providers of models and their prices. */
import type { TestApp } from "../harness/app.ts";
import type { Example } from "./examples.ts";

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

export const llmExamples: Record<string, Example> = {
  listLlmProviders: {},
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
      },
    }),
  },
  changeProvider: { given: () => ({ params: { id: "openrouter" }, body: { kind: "openrouter" } }) },
  listPriceVersions: {},
  refreshPrices: {},
  approvePrices: draft,
  rejectPrices: draft,
};
