/** Others' calls beside prompts as long as the gateway takes them: of one repeated letter, which says little and is long to count. */
import { LETTERS } from "./load.ts";
import { load } from "./processes.ts";

/** Sent at once, again and again. */
const LONG_PROMPTS = 3;
const LONG_LETTERS = 8 * 1024 * 1024 - 1_024;
const OTHERS = 4;
/** The first calls of a process are slow, whatever runs beside them. */
const WARM_UP_SECONDS = 2;
const SHORT_MODEL = "openai/gpt-4o-mini";
/** Its window takes nearly such a prompt: the provider counts it and says so, not we. */
const LONG_MODEL = "anthropic/claude-sonnet-5";

const bodyOf = (model: string, content: string): string =>
  JSON.stringify({ model, messages: [{ role: "user", content }], max_tokens: 64 });

/** A server with OpenRouter for short prompts, Requesty for long ones; figures by name. */
export async function benchBeside(at: {
  url: string;
  key: string;
  seconds: number;
}): Promise<Record<string, number>> {
  const target = (company: string) => ({
    url: `${at.url}/v1/chat/completions`,
    headers: { authorization: `Bearer ${at.key}`, "x-holdfast-only": company },
    seconds: at.seconds,
  });
  const short = {
    ...target("openrouter"),
    body: bodyOf(SHORT_MODEL, "The quick brown fox."),
    concurrency: OTHERS,
  };
  const long = {
    ...target("requesty"),
    body: bodyOf(LONG_MODEL, LETTERS),
    letters: LONG_LETTERS,
    concurrency: LONG_PROMPTS,
  };
  await load({ ...short, seconds: WARM_UP_SECONDS });
  const [prompts, others] = await Promise.all([load(long), load(short)]);
  return {
    ours_beside_8mib_p99_ms:
      others.latenciesMs[Math.floor(0.99 * (others.latenciesMs.length - 1))] ?? Number.NaN,
    ours_beside_8mib_failed: others.failed,
    ours_8mib_per_second: prompts.requests / prompts.seconds,
  };
}
