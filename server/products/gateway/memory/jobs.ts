import { z } from "zod";
import { withOperatorTx, withSystemTx, withTx } from "../../../platform/db/index.ts";
import { idParam } from "../../../platform/http/index.ts";
import type { Jobs, Loops } from "../../../platform/jobs/index.ts";
import { assert } from "../../../platform/problem.ts";
import { dayOf } from "../proof/day.ts";
import type { Gateway } from "../settling/state.ts";
import { fadeMemories } from "./facts/fade.ts";
import { listSpeakers } from "./learn/heard-store.ts";
import { learn } from "./learn/learn.ts";

type Deps = { gateway: Gateway; jobs: Pick<Jobs, "define" | "enqueue"> };

const LEARN_JOB = "gateway.memory_learn";
const FADE_JOB = "gateway.memory_fade";
const LEARN_ATTEMPTS = 3;
const TIMEOUT_MS = 60_000;
const LISTEN_MS = 5_000;
const FADE_MS = 3_600_000;
const SPEAKERS_AT_ONCE = 200;

/** Named in every role, since any may enqueue one. */
export function defineMemoryJobs({ gateway, jobs }: Deps): void {
  jobs.define({
    kind: LEARN_JOB,
    // Whose words, and none of them.
    payload: z.strictObject({ user_id: idParam("usr") }),
    attempts: LEARN_ATTEMPTS,
    backoff: (failures) => 30_000 * 2 ** (failures - 1),
    timeoutMs: TIMEOUT_MS,
    atOnce: 4,
    run({ orgId, payload, signal, attempt }) {
      assert(orgId, "people are remembered in an organization");
      return learn(gateway, { orgId, userId: payload.user_id, signal, isLast: attempt >= LEARN_ATTEMPTS });
    },
  });
  jobs.define({
    kind: FADE_JOB,
    payload: z.strictObject({}),
    attempts: 5,
    backoff: (failures) => 60_000 * 2 ** (failures - 1),
    timeoutMs: TIMEOUT_MS,
    atOnce: 1,
    run: ({ signal }) => fadeMemories(gateway, signal),
  });
}

/** Has what people said be read, by one job at a time for each of them, and what is idle fade once a UTC day. */
export function memoryJobs(loops: Loops, { gateway, jobs }: Deps): void {
  const { db, clock } = gateway.deps;
  loops.every("gateway.memory_listen", LISTEN_MS, async () => {
    const speakers = await withOperatorTx(db, (tx) => listSpeakers(tx, SPEAKERS_AT_ONCE));
    for (const { org_id: orgId, user_id } of speakers)
      await withTx(db, orgId, (tx) =>
        jobs.enqueue(tx, {
          kind: LEARN_JOB,
          orgId,
          payload: { user_id },
          dedupeKey: user_id,
          dedupe: "unfinished",
        }),
      );
  });
  loops.every("gateway.memory_fade", FADE_MS, async () => {
    const dedupeKey = dayOf(clock.now()).name;
    await withSystemTx(db, (tx) => jobs.enqueue(tx, { kind: FADE_JOB, orgId: null, payload: {}, dedupeKey }));
  });
}
