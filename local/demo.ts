/** The demo organization, made through the public API as any client would. */
import type { Secrets } from "./secrets.ts";

export type Demo = { email: string; password: string; apiKey: string; signInUrl: string | null };

export async function makeDemo(_: { baseUrl: string; secrets: Secrets }): Promise<Demo | null> {
  return null;
}
