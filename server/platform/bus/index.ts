/**
 * The bus: short texts from each process to all, within milliseconds. Redis carries them when configured, else PostgreSQL's
 * NOTIFY. With Redis the NOTIFY line stays open beside it: what cannot leave by Redis goes there, so a process that alone
 * lost Redis still reaches everybody.
 *
 * Invariants: `healthy()` is true only while this process's own beats come back over every line, so while it is true
 * nothing that was sent is missing; `onGap` tells when something may be missing, at the loss and at the return. Delivery
 * is at least once. A process hears itself at once.
 */
export { createBus, MESSAGE_BYTES, type Bus, type BusDeps } from "./bus.ts";
