import { Problem } from "../../platform/problem.ts";
import type { Metrics } from "../../platform/telemetry/index.ts";

const make = (metrics: Metrics) => ({
  signIns: metrics.counter("sign_ins_total", "Sign-ins by their end", ["method", "outcome"]),
  registrations: metrics.counter("registrations_total", "Registrations by how far they came", ["step"]),
});
const made = new WeakMap<Metrics, ReturnType<typeof make>>();

/** Identity's counters in this registry, made at first use. */
export function identityMetrics(metrics: Metrics): ReturnType<typeof make> {
  const known = made.get(metrics) ?? make(metrics);
  made.set(metrics, known);
  return known;
}

/** Counts a sign-in by what it led to, or by the problem that refused it. */
export async function countSignIn<T extends { kind: string }>(
  metrics: Metrics,
  method: string,
  signingIn: Promise<T>,
): Promise<T> {
  const { signIns } = identityMetrics(metrics);
  try {
    const signedIn = await signingIn;
    signIns.inc({ method, outcome: signedIn.kind });
    return signedIn;
  } catch (error) {
    signIns.inc({ method, outcome: error instanceof Problem ? error.kind.code : "failed" });
    throw error;
  }
}
