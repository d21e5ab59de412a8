import { CALL_FAULTS, type NewFault } from "./faults.ts";

export type Preset = "calm" | "rainy" | "storm" | "outage";

function rule(
  on: "call" | "webhook",
  fault: string,
  probability: number,
  rest: Partial<NewFault> = {},
): NewFault {
  const effect = on === "call" ? (CALL_FAULTS[fault] ?? "none") : "none";
  return { company: null, on, match: {}, fault, times: null, probability, effect, params: {}, ...rest };
}

/** Faults at a rate for every company: what a bad hour of the internet looks like. */
function weather(rate: number, duplicates: number): NewFault[] {
  return [
    rule("call", "status", rate, { params: { status: 503 } }),
    rule("call", "rate_limit", rate, { params: { retry_after: 1 } }),
    rule("call", "timeout", rate, { effect: "done", params: { ms: 15_000 } }),
    rule("call", "timeout", rate, { effect: "none", params: { ms: 15_000 } }),
    rule("call", "reset", rate, { effect: "done" }),
    rule("call", "reset", rate, { effect: "none" }),
    rule("call", "delay", rate, { params: { ms: 1_500 } }),
    rule("call", "truncate", rate),
    rule("call", "cut_stream", rate, { company: "openrouter", params: { after: 3 } }),
    rule("call", "slow_stream", rate, { company: "openrouter", params: { bytes_per_second: 4_000 } }),
    rule("webhook", "duplicate", duplicates, { params: { n: 1 } }),
    rule("webhook", "reorder", rate, { params: { window_ms: 3_000 } }),
    rule("webhook", "delay", rate, { params: { ms: 4_000 } }),
    rule("webhook", "drop", rate),
    rule("webhook", "corrupt", rate),
    rule("webhook", "bad_signature", rate),
    rule("webhook", "old_timestamp", rate),
  ];
}

/** The rules of a preset; `company` narrows an outage. */
export function presetFaults(preset: Preset, company: string | null, known: readonly string[]): NewFault[] {
  switch (preset) {
    case "calm":
      return [];
    case "rainy":
      return weather(0.01, 0.01).filter((fault) => fault.company === null || known.includes(fault.company));
    case "storm":
      return weather(0.1, 0.2).filter((fault) => fault.company === null || known.includes(fault.company));
    case "outage":
      return [
        { ...rule("call", "status", 1, { company, params: { status: 503 } }), probability: null },
        { ...rule("webhook", "drop", 1, { company }), probability: null },
      ];
  }
}
