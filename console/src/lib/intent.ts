import { useState } from "react";

/** Keys whose answer is a refusal for good: under them it would be the same again. */
const refused = new Set<string>();

export const noteRefusal = (key: string): void => void refused.add(key);

type Intent = { keyFor(input: unknown): string; done(): void };

/**
 * One Idempotency-Key per thing a person wants: kept while they retry the same input, new when the input changes, after a
 * refusal, or after `done()`.
 */
export function createIntent(): Intent {
  let last: { input: string; key: string } | null = null;
  return {
    keyFor(value) {
      const input = JSON.stringify(value);
      if (last?.input !== input || refused.has(last.key)) last = { input, key: crypto.randomUUID() };
      return last.key;
    },
    done() {
      last = null;
    },
  };
}

/** An intent for as long as the screen is there. */
export const useIntent = (): Intent => useState(createIntent)[0];
