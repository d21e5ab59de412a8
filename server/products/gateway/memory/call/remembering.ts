import type { Routing } from "../../routing/routing.ts";
import type { FactId, Place } from "../facts/place.ts";

/** What a call uses of its person's memory, and adds to it. */
export type Remembering = Place & {
  /** What was put into it. */
  recalled: FactId[];
  /** What its person said in it. */
  said: string[];
  /** The call's own wishes about who may read it. */
  routing: Routing | null;
};
