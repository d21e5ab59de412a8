import { useRef } from "react";

/** Keys whose answer is a refusal for good: under them it would be the same again. */
const refused = new Set<string>();

export const noteRefusal = (key: string): void => void refused.add(key);

/**
 * One Idempotency-Key per thing a person wants: kept while they retry the same input, new when the input changes, after a
 * refusal, or after `done()`.
 */
export function useIntent(): { keyFor(input: unknown): string; done(): void } {
  const current = useRef<{ input: string; key: string } | null>(null);
  return {
    keyFor(input) {
      const text = JSON.stringify(input);
      const last = current.current;
      if (last?.input === text && !refused.has(last.key)) return last.key;
      const key = crypto.randomUUID();
      current.current = { input: text, key };
      return key;
    },
    done() {
      current.current = null;
    },
  };
}
