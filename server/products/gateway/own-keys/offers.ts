/** Who serves an organization that has keys of its own at providers. Pure. */
import type { Candidate } from "../models/catalogue.ts";
import type { OwnKey } from "./own-key.ts";

export type Own = {
  keys: readonly OwnKey[];
  /** The candidate as it is asked by this key; null where its provider cannot be reached now. */
  offer(candidate: Candidate, key: OwnKey): Candidate | null;
};

/**
 * The candidates by the organization's keys, then those of the installation that may still serve. A provider with an own key is
 * asked by the installation's only as a fallback; with a key that is meant for all, no other provider is.
 */
export function withOwn(candidates: readonly Candidate[], own: Own | null | undefined): readonly Candidate[] {
  if (!own) return candidates;
  const keyOf = ({ provider }: Candidate) => own.keys.find((key) => key.provider === provider.id);
  const keys = candidates.flatMap((candidate) => keyOf(candidate) ?? []);
  if (keys.length === 0) return candidates;
  const mine = candidates.flatMap((candidate) => {
    const key = keyOf(candidate);
    return key?.state === "ok" ? (own.offer(candidate, key) ?? []) : [];
  });
  const alone = keys.some(({ use }) => use === "only");
  const installations = candidates.filter((candidate) => keyOf(candidate)?.fallback_to_platform ?? !alone);
  return [...mine, ...installations];
}
