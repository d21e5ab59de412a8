import type { Clock } from "../../../../platform/clock.ts";
import type { Bus } from "../../../../platform/bus/index.ts";
import type { Candidate, Catalogue } from "../../models/catalogue.ts";

const CHANNEL = "llm.breaker";

export type SharedBreakers = {
  /** The candidate's breaker opened or closed here. An organization's own key is nobody else's matter. */
  changed(candidate: Candidate): void;
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
  const leave = bus.subscribe(CHANNEL, (text) => {
    const { provider, model, wait_ms: waitMs } = JSON.parse(text) as Told;
    const candidates = catalogue().models.get(model)?.candidates ?? [];
    const breaker = candidates.find((each) => each.provider.id === provider)?.health.breaker;
    const now = clock.now().getTime();
    if (waitMs === 0) breaker?.toldClosed(now);
    else breaker?.toldOpen(waitMs, now);
  });
  return {
    changed({ provider, model, health }) {
      const told: Told = {
        provider: provider.id,
        model: model.id,
        wait_ms: health.breaker.waitMs(clock.now().getTime()),
      };
      bus.publish(CHANNEL, JSON.stringify(told));
    },
    close: leave,
  };
}
