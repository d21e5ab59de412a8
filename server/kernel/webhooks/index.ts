/**
 * The inbox of everything that companies tell us. Owns endpoints and their secrets, events, payloads, attempts,
 * transmissions, cursors (schema `webhooks`).
 *
 * Received → stored → processed once, by one path; replay and backfill re-enter it. Invariants: nothing is acknowledged
 * before it is committed; an event is one row per endpoint and provider event id; events of one root run one at a time
 * across all processes; "processed" is written in the transaction of its effects.
 *
 *     const inbox = createInbox({ db, clock, hub, logger, metrics, limiter, sealer, baseUrl, maxAttempts, sources,
 *       handlers });
 *     await inbox.ensureEndpoints();           // at boot, after migrations
 *     webhookRoutes(http, inbox);              // role api
 *     webhookJobs(loops, inbox, { backfillSeconds });  // role worker
 */
export { createInbox, type Inbox } from "./inbox.ts";
export type { InboxDeps } from "./deps.ts";
export { webhooksConfig } from "./config.ts";
export { paypalSource } from "./sources/paypal-source.ts";
export { webhookMails } from "./alerts/mails.ts";
export { resendSource } from "./sources/resend-source.ts";
export { stripeSource } from "./sources/stripe-source.ts";
export type { Envelope, RemoteEndpoints, Source, Verification } from "./sources/source.ts";
export { findEventsOf, type EventOf } from "./events/of-objects.ts";
export { isNews } from "./events/news.ts";
export { RuleBroken } from "./problems.ts";
export type { AnyHandler, Effect, EventId, Handler, InboxEvent, Prepared } from "./events/event.ts";
