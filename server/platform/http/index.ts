/**
 * The HTTP door. Owns the Fastify instance: request ids, one wide log line per request, security headers, parsing with
 * limits, authentication before the body is read, rate limits, idempotency keys, problem+json, the OpenAPI document.
 *
 * A module's `routes.ts` declares each operation with `http.operation({...})`; there is no other way to add one, so every
 * operation states its least role, its schemas and its limits.
 */
export { createHttp, type Http } from "./server.ts";
export type { HttpOptions } from "./options.ts";
export type { Call, Operation } from "./operation.ts";
export { ANTHROPIC_VERSION, anthropicBody } from "./errors.ts";
export {
  demandProof,
  may,
  personIn,
  rankOf,
  type Access,
  type Actor,
  type Authenticate,
  type KeyBounds,
  type Role,
} from "./access.ts";
export { idParam, instant, int64, listAnswer, listQuery, text } from "./schemas.ts";
export { readMultipart, type Part } from "./multipart.ts";
export { rangeOf, rangeQuery, type Range } from "./range.ts";
export { openCursor, pageOf, sealCursor } from "./cursor.ts";
export { inNetworks, isNetwork, maskIp, networkOf, networks } from "./address.ts";
export { CEILINGS, takingsOf } from "./limits.ts";
export { idempotencyJobs } from "./jobs.ts";
