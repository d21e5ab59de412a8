/**
 * The gateway: one OpenAI-compatible door to language models, paid from prepaid credits. A call is held before it starts
 * and settled once, at its exact cost.
 *
 * Owns requests, attempts and their sums by the hour, reservations, limits with their budgets' windows, keys with their
 * answers, what is remembered of people, summaries of long conversations, providers, models and prices, organizations' keys at
 * providers (schema `gateway`). Invariants: nothing is sent to a provider before its hold is committed, within credits and
 * budgets; nothing binds to a provider before the first content; nothing of the answer's end
 * goes out before its settlement is, unless the database is away for 2 s; every request ends `settled` or `released`, by the
 * process that served it or, when that one died, by the reconciler.
 *
 * Wiring: `createGateway(deps)`, then `gatewayRoutes(http, gateway, setKeyLimits)` (role api) and
 * `gatewayJobs(loops, gateway)` (role worker); `gateway.drain()` when the process stops, then `gateway.close()`, before the
 * database closes. `gatewaySettings` makes what the environment says of `deps`. `complete(gateway, …)` makes a model call for
 * the house itself, on an organization's account.
 */
export { innerCall as complete, type InnerAnswer, type InnerCall } from "./call/inner-call.ts";
export { gatewayConfig, gatewaySettings } from "./config.ts";
export type { GatewayDeps } from "./deps.ts";
export { createGateway } from "./gateway.ts";
export { gatewayMails } from "./mails.ts";
export { keyDefaults } from "./options/options.ts";
export { writingActions } from "./personal-data.ts";
export { driftMetrics } from "./drift/metrics.ts";
export { creditMetrics } from "./provider-credit/metrics.ts";
export { proofMetrics } from "./proof/breaks/metrics.ts";
export type { Gateway } from "./settling/state.ts";
