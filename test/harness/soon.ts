import { vi } from "vitest";

/** Waits until the check holds, for as long as a busy machine may take. How quickly it comes about is not measured here. */
export const soon = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 10_000, interval: 10 });
