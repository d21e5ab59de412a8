/** What was charged for, as each dialect counts it. Pure. */
import type { Usage } from "../../../vendors/llm/index.ts";

const promptOf = (usage: Usage): number => usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;

/** As OpenAI's chat counts: the prompt includes what was cached. */
export function chatUsage(usage: Usage) {
  const prompt = promptOf(usage);
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.outputTokens,
    total_tokens: prompt + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cacheReadTokens },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    ...(usage.webSearches !== undefined && {
      server_tool_use_details: { web_search_requests: usage.webSearches },
    }),
  };
}
