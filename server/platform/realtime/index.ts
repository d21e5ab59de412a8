/**
 * Realtime. Owns the one stream that every console page shares. Events carry a topic, an organization (null: for
 * operators) and a small body; they tell that something changed, never what a person may not read.
 * Between processes they travel on the bus; a gap tells every reader to read again.
 */
export { createHub, type Hub, type RealtimeEvent } from "./hub.ts";
