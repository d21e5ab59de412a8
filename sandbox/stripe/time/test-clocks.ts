/** Test clocks: time of their own for some customers, moved by hand. */
import {
  allObjects,
  deleteObject,
  fieldIs,
  getObject,
  insertObject,
  listObjects,
  newId,
  paging,
  saveObject,
} from "../books.ts";
import type { World } from "../../core/company.ts";
import { emit } from "../events/events.ts";
import { BY_ITSELF } from "../payments/charges.ts";
import { invalid } from "../protocol/errors.ts";
import { operation, type Cause } from "../protocol/operation.ts";
import { integer, required, text } from "../protocol/params.ts";
import type { Customer } from "../customers/customers.ts";
import { cancelAllOf } from "../subscriptions/end.ts";
import type { TestClock } from "./billing-time.ts";

const KIND = "test_helpers.test_clock";
const PATH = "/v1/test_helpers/test_clocks";
const LIFE_S = 30 * 86_400;
const MAX_ADVANCE_S = 2 * 366 * 86_400;
/** Things done in one advance; a plan that renews itself for ever ends here. */
const MAX_STEPS = 100_000;

export type DueHandlers = Readonly<Record<string, (world: World, payload: unknown) => void>>;

const get = (world: World, id: string): TestClock => getObject<TestClock>(world, KIND, id);

function advance(world: World, id: string, target: number, cause: Cause): TestClock {
  const clock = get(world, id);
  if (clock.status !== "ready") {
    throw invalid(
      "Test clock advancement already underway - cannot update.",
      undefined,
      "test_clock_advancement_underway",
    );
  }
  if (target <= clock.frozen_time) {
    throw invalid("Cannot advance a test clock to a time before its current frozen_time.", "frozen_time");
  }
  if (target - clock.frozen_time > MAX_ADVANCE_S) {
    throw invalid("Cannot advance a test clock by more than two years at once.", "frozen_time");
  }
  const next: TestClock = {
    ...clock,
    status: "advancing",
    status_details: { advancing: { target_frozen_time: target } },
  };
  saveObject(world, next);
  emit(world, "test_helpers.test_clock.advancing", next, cause);
  world.agenda.add("stripe", "test_clock.advance", world.clock.now(), { id, target }, `test_clock:${id}`);
  return next;
}

type Due = { seq: number; at: number; kind: string; payload: unknown };

function takeDue(world: World, id: string, until: number): Due | null {
  const row = world.store.get(
    "select seq, at, kind, payload from stripe_clock_agenda where clock_id = ? and at <= ? order by at, seq limit 1",
    id,
    until,
  );
  if (row === null) return null;
  world.store.run("delete from stripe_clock_agenda where seq = ?", row["seq"] ?? 0);
  return {
    seq: Number(row["seq"]),
    at: Number(row["at"]),
    kind: String(row["kind"]),
    payload: JSON.parse(String(row["payload"])) as unknown,
  };
}

/** Does what falls due on the way, in order of time, each at its own time; then the clock is ready again. */
export function advanceDue(handlers: DueHandlers): (world: World, payload: unknown) => void {
  return (world, payload) => {
    const { id, target } = payload as { id: string; target: number };
    let clock = get(world, id);
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      const due = takeDue(world, id, target);
      if (due === null) break;
      if (due.at > clock.frozen_time) clock = saveObject(world, { ...clock, frozen_time: due.at });
      handlers[due.kind]?.(world, due.payload);
    }
    const next: TestClock = { ...clock, frozen_time: target, status: "ready", status_details: {} };
    saveObject(world, next);
    emit(world, "test_helpers.test_clock.ready", next, BY_ITSELF);
  };
}

export const testClockOperations = [
  operation(
    "POST",
    PATH,
    { frozen_time: required(integer(0)), name: text(300) },
    ({ world, params, cause }) => {
      const created = world.clock.seconds();
      const clock = insertObject<TestClock>(world, {
        id: newId(world, "test_clock"),
        object: KIND,
        created,
        deletes_after: created + LIFE_S,
        frozen_time: params.frozen_time,
        livemode: false,
        name: params.name ?? null,
        status: "ready",
        status_details: {},
      });
      emit(world, "test_helpers.test_clock.created", clock, cause);
      return clock;
    },
  ),
  operation("GET", `${PATH}/{id}`, {}, ({ world, id }) => get(world, id)),
  operation(
    "POST",
    `${PATH}/{id}/advance`,
    { frozen_time: required(integer(0)) },
    ({ world, id, params, cause }) => advance(world, id, params.frozen_time, cause),
  ),
  operation("DELETE", `${PATH}/{id}`, {}, ({ world, id, cause }) => {
    const clock = get(world, id);
    for (const customer of allObjects<Customer>(world, "customer", fieldIs("test_clock", id))) {
      cancelAllOf(world, customer.id, cause);
      saveObject(world, { id: customer.id, object: "customer", deleted: true });
      emit(world, "customer.deleted", customer, cause);
    }
    world.store.run("delete from stripe_clock_agenda where clock_id = ?", id);
    deleteObject(world, id);
    emit(world, "test_helpers.test_clock.deleted", clock, cause);
    return { id, object: KIND, deleted: true };
  }),
  operation("GET", PATH, paging, ({ world, params }) => listObjects<TestClock>(world, KIND, PATH, params)),
];
