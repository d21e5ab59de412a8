/** What OpenRouter names where a prompt was flagged by a moderator or stopped by a guardrail. */
const SIGNS = ["reasons", "flagged_input", "patterns"];

/** True for a 403 that is about the prompt, which every provider of the model would refuse, and not about the key. Pure. */
export function isAboutPrompt(body: Buffer): boolean {
  try {
    const { error } = JSON.parse(body.toString()) as { error?: { metadata?: unknown } | null };
    const metadata = error?.metadata;
    return typeof metadata === "object" && metadata !== null && SIGNS.some((sign) => sign in metadata);
  } catch {
    // No JSON says nothing of the prompt.
    return false;
  }
}
