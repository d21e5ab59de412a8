import { useRef } from "react";

/**
 * One Idempotency-Key per thing a person wants: kept while they retry the same input, new when the input changes or
 * after `done()`.
 */
export function useIntent(): { keyFor(input: unknown): string; done(): void } {
  const current = useRef<{ input: string; key: string } | null>(null);
  return {
    keyFor(input) {
      const text = JSON.stringify(input);
      if (current.current?.input !== text) current.current = { input: text, key: crypto.randomUUID() };
      return current.current.key;
    },
    done() {
      current.current = null;
    },
  };
}
