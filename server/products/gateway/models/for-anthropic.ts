/** Models as Anthropic's clients read them, with what ours says beside. Pure. */
import type { ListedModel } from "./listing.ts";

export function modelForAnthropic({ id, created, name, ...rest }: ListedModel) {
  const { context_length, max_output_tokens, task, pricing, providers } = rest;
  return {
    type: "model" as const,
    id,
    display_name: name,
    created_at: new Date(created * 1_000).toISOString(),
    max_input_tokens: context_length,
    max_tokens: max_output_tokens,
    capabilities: null,
    lifecycle: "active" as const,
    deprecated_at: null,
    line: null,
    task,
    pricing,
    providers,
  };
}

export function pageForAnthropic({ data, has_more }: { data: ListedModel[]; has_more: boolean }) {
  return {
    data: data.map(modelForAnthropic),
    has_more,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}
