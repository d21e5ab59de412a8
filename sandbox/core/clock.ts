import type { Clock } from "./company.ts";

/** World time as two facts: at real time `realAt` it was `worldAt`. A manual clock has speed 0. */
export type ClockState = { mode: "real" | "manual"; speed: number; worldAt: number; realAt: number };

export type WorldClock = Clock & {
  readonly state: ClockState;
  /** Moves world time to `at` and goes on from there in the same mode. */
  set(at: number): void;
  change(mode: "real" | "manual", speed: number): void;
};

/** Where a manual clock starts unless told: a fixed instant, so that two runs agree. 2026-11-02T09:00:00Z. */
export const MANUAL_START = Date.UTC(2026, 10, 2, 9);

export function realClock(): ClockState {
  const now = Date.now();
  return { mode: "real", speed: 1, worldAt: now, realAt: now };
}
export function manualClock(at: number = MANUAL_START): ClockState {
  return { mode: "manual", speed: 0, worldAt: at, realAt: Date.now() };
}

export function openClock(state: ClockState): WorldClock {
  const now = (): number =>
    state.mode === "manual"
      ? state.worldAt
      : Math.round(state.worldAt + (Date.now() - state.realAt) * state.speed);
  return {
    get mode() {
      return state.mode;
    },
    state,
    now,
    seconds: () => Math.floor(now() / 1000),
    set(at) {
      state.worldAt = at;
      state.realAt = Date.now();
    },
    change(mode, speed) {
      const at = now();
      state.mode = mode;
      state.speed = mode === "manual" ? 0 : speed;
      state.worldAt = at;
      state.realAt = Date.now();
    },
  };
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `31d`, `12h`, `1d 6h`, `90s`, `250ms`; null when it is none. */
export function parseDuration(text: string): number | null {
  if (!/^\s*(\d{1,9}(\.\d{1,3})?(ms|[smhd])\s*)+$/.test(text)) return null;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(ms|[smhd])/g)) {
    total += Number(amount) * (UNITS[unit ?? ""] ?? 0);
  }
  return Math.round(total);
}
