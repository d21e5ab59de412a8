import type { Actor } from "../../../platform/http/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import { common, Problem } from "../../../platform/problem.ts";
import { personOf } from "../limits/bound.ts";
import { gatewayProblems } from "../problems.ts";

/** Whose memory a caller reads and changes: their own. 403 for a key that is nobody's, and for an operator who looks on. */
export function personOfMemory(actor: Actor): UserId {
  if (actor.readOnly) throw new Problem(common.forbidden);
  const person = personOf(actor);
  if (person === null) throw new Problem(gatewayProblems.memory_of_nobody);
  return person;
}
