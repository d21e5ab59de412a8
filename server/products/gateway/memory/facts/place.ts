import type { Id, UserId } from "../../../../platform/ids.ts";

export type FactId = Id<"mem">;

/** Whose, and of which project; an empty one: of none. */
export type Place = { userId: UserId; projectId: string };

/** Facts of one person in one scope. */
export const MOST_FACTS = 2_000;
