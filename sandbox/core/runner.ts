import type { OpenAgenda } from "./agenda.ts";
import type { WorldClock } from "./clock.ts";
import type { Company, World } from "./company.ts";
import type { OpenSender } from "./webhooks.ts";

/** setTimeout cannot wait longer; a later wake-up finds nothing due and waits again. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Things done in one advance of a clock; a loop that plans itself anew for ever ends here. */
const MAX_ADVANCE_STEPS = 200_000;

type RunningWorld = Omit<World, "agenda" | "clock" | "webhooks"> & {
  agenda: OpenAgenda;
  clock: WorldClock;
  webhooks: OpenSender;
  saveSettings(): void;
};

/** Does what falls due in a world: by a timer under a real clock, in order while a clock is moved. */
export class Runner {
  readonly #world: RunningWorld;
  readonly #company: (name: string) => Company | null;
  #scheduled = false;
  #advancing = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(world: RunningWorld, company: (name: string) => Company | null) {
    this.#world = world;
    this.#company = company;
  }

  /** Looks for due things soon. */
  readonly poke = (): void => {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    setImmediate(() => void this.#look());
  };

  async advanceTo(target: number): Promise<number> {
    const { clock, webhooks } = this.#world;
    this.#advancing = true;
    let steps = 0;
    try {
      // What is due already, and what is on its way and may have to be retried, comes before any moving.
      steps += await this.#runAgenda();
      await webhooks.runDue();
      for (;;) {
        const at = this.#nextAt();
        if (at === null || at > target || steps >= MAX_ADVANCE_STEPS) break;
        if (at > clock.now()) clock.set(at);
        steps += 1 + (await this.#runAgenda());
        await webhooks.runDue();
      }
      if (target > clock.now()) clock.set(target);
      this.#world.saveSettings();
    } finally {
      this.#advancing = false;
      this.poke();
    }
    return steps;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #nextAt(): number | null {
    const times = [this.#world.agenda.nextAt(), this.#world.webhooks.nextAt()].filter((at) => at !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  async #look(): Promise<void> {
    this.#scheduled = false;
    if (this.#closed || this.#advancing) return;
    await this.#runAgenda();
    if (this.#closed) return;
    this.#world.webhooks.start();
    this.#arm();
  }

  async #runAgenda(): Promise<number> {
    const { agenda, clock } = this.#world;
    let count = 0;
    for (let item = agenda.take(clock.now()); item !== null; item = agenda.take(clock.now())) {
      await this.#company(item.company)?.due?.[item.kind]?.(this.#world, item.payload);
      count++;
      if (this.#closed) break;
    }
    return count;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const { clock } = this.#world;
    const at = this.#nextAt();
    if (at === null || clock.mode === "manual" || this.#closed) return;
    const wait = (at - clock.now()) / clock.state.speed;
    this.#timer = setTimeout(this.poke, Math.min(Math.max(wait, 1), MAX_TIMER_MS));
  }
}
