/** What an event did, in few words: `payment, 2 transactions`. */
export function listEffects(effects: readonly { kind: string }[]): string {
  const counts = new Map<string, number>();
  for (const { kind } of effects) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const words = [...counts].map(([kind, count]) => (count === 1 ? kind : `${count} ${kind}s`));
  return words.join(", ") || "none";
}
