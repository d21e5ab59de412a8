/**
 * The gateway: one OpenAI-compatible door to language models, paid from prepaid credits. A call is held before it starts
 * and settled once, at its exact cost.
 *
 * Owns requests, attempts, reservations, limits and their windows, kept idempotency keys and price versions (schema
 * `gateway`). Invariants: nothing is sent to the
 * provider before its hold is committed; nothing of the answer's end goes out before its settlement is, unless the
 * database is away for 2 s; every request ends `settled` or `released`, by the process that served it or, when that one
 * died, by the reconciler.
 *
 * Wiring: `createGateway(deps)`, then `gatewayRoutes(http, gateway, setKeyLimits)` (role api) and `gatewayJobs(loops, gateway)` (role
 * worker); `gateway.drain()` when the process stops, before the database closes. `createOpenRouter` of vendors/llm makes
 * `deps.llm` from the four variables of `gatewayConfig`.
 */
export { gatewayConfig } from "./config.ts";
export type { GatewayDeps } from "./deps.ts";
export { createGateway } from "./gateway.ts";
export { gatewayMails } from "./limits/mails.ts";
export type { Gateway } from "./state.ts";
