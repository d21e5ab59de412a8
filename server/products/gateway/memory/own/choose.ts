import { withTx } from "../../../../platform/db/index.ts";
import type { Actor } from "../../../../platform/http/index.ts";
import { laidFor } from "../../options/laid.ts";
import type { Gateway } from "../../settling/state.ts";
import type { Scope } from "../call/option.ts";
import { forgetHeard } from "../learn/forget.ts";
import { personOfMemory } from "../person.ts";
import { putChoice, type Choice } from "./choice.ts";

export type Settings = {
  own: Choice | null;
  /** What the organization lays down. */
  organization: Scope | null;
};

/** Whether calls use the person's memory, by their own choice and by their organization's. 403 for a key of nobody's. */
export async function readSettings(gateway: Gateway, actor: Actor): Promise<Settings> {
  const person = personOfMemory(actor);
  const [choices, laid] = await Promise.all([gateway.choices.read(actor.orgId), laidFor(gateway, actor)]);
  return {
    own: choices.get(person) ?? null,
    organization: (laid.organization?.memory || null)?.scope ?? null,
  };
}

/** Every process heeds it at once. What was heard and not read yet is not read any more where it is `off`. */
export async function choose(gateway: Gateway, actor: Actor, choice: Choice | null): Promise<Settings> {
  const { deps, choices } = gateway;
  const { orgId } = actor;
  const change = { userId: personOfMemory(actor), choice, now: deps.clock.now() };
  await withTx(deps.db, orgId, async (tx) => {
    await putChoice(tx, orgId, change);
    if (choice === "off") await forgetHeard(tx, orgId, change.userId);
  });
  choices.changed(orgId);
  return readSettings(gateway, actor);
}
