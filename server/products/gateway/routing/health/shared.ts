import type { Clock } from "../../../../platform/clock.ts";
import type { Bus } from "../../../../platform/bus/index.ts";
import type { Candidate, Catalogue } from "../../models/catalogue.ts";
import { LONGEST_PAUSE_MS, type BreakerState } from "./breaker.ts";

const CHANNEL = "llm.breaker";

export type SharedBreakers = {
  /** The candidate's breaker opened or closed here. An organization's own key is nobody else's matter. */
  changed(candidate: Candidate): void;
  /** By the last word of any process: the same in all that have heard it, whatever each makes of it for its own calls. */
  state(candidate: Candidate, now: number): BreakerState;
  close(): void;
};

/** `wait_ms` is 0 for one that closed. */
type Told = { provider: string; model: string; wait_ms: number };

/**
 * The installation's breakers of all processes: each judges by its own calls, and tells the others when it opens or closes. What
 * is told lapses by itself, as any wait does, so a text that is lost costs a probe. A process hears itself: that changes nothing.
 */
export function shareBreakers(
  { bus, clock }: { bus: Pick<Bus, "publish" | "subscribe">; clock: Clock },
  catalogue: () => Catalogue,
): SharedBreakers {
  /** When each that was last told to be open may be asked again; of candidates of the catalogue alone. */
  const opensAt = new Map<string, number>();
  const note = ({ provider, model, wait_ms: waitMs }: Told, now: number): void => {
    if (waitMs === 0) opensAt.delete(nameOf(provider, model));
    else opensAt.set(nameOf(provider, model), now + waitMs);
  };
  const leave = bus.subscribe(CHANNEL, (text) => {
    const told = JSON.parse(text) as Told;
    const { provider, model, wait_ms: waitMs } = told;
    const candidates = catalogue().models.get(model)?.candidates ?? [];
    const breaker = candidates.find((each) => each.provider.id === provider)?.health.breaker;
    const now = clock.now().getTime();
    if (breaker) note(told, now);
    if (waitMs === 0) breaker?.toldClosed(now);
    else breaker?.toldOpen(waitMs, now);
  });
  return {
    changed({ provider, model, health }) {
      const now = clock.now().getTime();
      const told: Told = { provider: provider.id, model: model.id, wait_ms: health.breaker.waitMs(now) };
      // The bus may be away.
      note(told, now);
      bus.publish(CHANNEL, JSON.stringify(told));
    },
    state({ provider, model }, now) {
      const at = opensAt.get(nameOf(provider.id, model.id));
      // Who opened it has gone, or its last word was lost.
      if (at === undefined || now >= at + LONGEST_PAUSE_MS) return "closed";
      return now < at ? "open" : "probing";
    },
    close: leave,
  };
}

const nameOf = (provider: string, model: string): string => `${provider}\n${model}`;
