import type { Clock } from "../../platform/clock.ts";
import type { Actor } from "../../platform/http/index.ts";
import type { Credential } from "./credential.ts";
import type { Touches } from "./touches.ts";

/** "Last used" is written at most that often. */
const NOTED_EVERY_MS = 60_000;

export type Uses = {
  /** A request came by this credential. */
  note(known: Credential): void;
  /** A key's scope let the request in. */
  noteScope(actor: Actor, scope: string): void;
};

/** Notes down when sessions, keys and keys' scopes were used, beside the requests. */
export function createUses(clock: Clock, touches: Touches): Uses {
  /** The key behind an actor. */
  const keys = new WeakMap<Actor, Credential>();
  const isRecent = (last: Date | null | undefined, now: Date) =>
    last && now.getTime() - last.getTime() < NOTED_EVERY_MS;
  return {
    note(known) {
      const { actor } = known;
      const now = clock.now();
      if (actor.kind === "key") keys.set(actor, known);
      if (isRecent(known.usedAt, now)) return;
      known.usedAt = now;
      const { writeUsedAt } = known;
      if (writeUsedAt) touches.note(actor.credentialId, () => writeUsedAt(now));
      else touches.noteSession(actor.credentialId, now);
    },
    noteScope(actor, scope) {
      const known = keys.get(actor);
      const now = clock.now();
      if (!known || isRecent(known.scopesUsedAt.get(scope), now)) return;
      known.scopesUsedAt.set(scope, now);
      touches.note(`${actor.credentialId} ${scope}`, () => known.writeScopeUsed(scope, now));
    },
  };
}
