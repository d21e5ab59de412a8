import { z } from "zod";
import { addMs } from "../../../platform/clock.ts";
import { type Db, withOperatorTx, withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { JobId, JobKind } from "../../../platform/jobs/index.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { findHead, listHeads, listLinks } from "./chain-store.ts";
import type { AuditDeps } from "./deps.ts";
import { headLine, linkLine } from "./export-lines.ts";
import { deleteOldExports, findPart, insertPart, isWhole, listOldExports } from "./export-store.ts";
import { audit } from "./write.ts";

const KIND = "export.audit";
/** Links in one part; a part is one line of work. */
const PART = 500;
const HEADS = 4_000;
const KEPT_MS = 3_600_000;

const payload = z.object({ links: z.int().min(0) });

/** Writes a trail as JSON Lines: the first part names signed heads and keys, each further one up to 500 links. */
export const auditExport = ({ db, clock, signer }: AuditDeps): JobKind<typeof payload> => ({
  kind: KIND,
  payload,
  async run({ id, orgId, payload: { links }, once, progress, signal }) {
    if (!orgId) throw new Error("an export belongs to an organization");
    const parts = Math.ceil(links / PART) + 1;
    for (let part = 0; part < parts; part += 1) {
      signal.throwIfAborted();
      await once(String(part), async (tx) => {
        const lines =
          part === 0
            ? [headLine(orgId, signer.publicKeys(), await listHeads(tx, orgId, HEADS))]
            : (await listLinks(tx, orgId, BigInt((part - 1) * PART), PART))
                .filter(({ seq }) => seq <= links)
                .map(linkLine);
        await insertPart(tx, orgId, {
          jobId: id,
          part,
          lines: lines.join("\n"),
          last: part === parts - 1,
          now: clock.now(),
        });
      });
      progress(part + 1, parts);
    }
    await withTx(db, orgId, (tx) =>
      audit(tx, clock.now(), {
        orgId,
        actorId: "system",
        action: "audit.exported",
        targetId: id,
        detail: { links },
      }),
    );
  },
});

/** Asks for an export of what is sealed so far. */
export function requestExport(
  { db, clock, jobs }: AuditDeps,
  orgId: OrgId,
  actorId: string,
  operationId: string,
): Promise<JobId> {
  return withTx(db, orgId, async (tx) => {
    const head = await findHead(tx, orgId);
    await audit(tx, clock.now(), { orgId, actorId, action: "audit.export_requested" });
    return jobs.enqueue(tx, {
      kind: KIND,
      orgId,
      payload: { links: Number(head?.seq ?? 0n) },
      createdBy: actorId,
      dedupeKey: operationId,
    });
  });
}

/** The parts of a finished export, one after the other, for an hour. 404 when there is none (yet, or any more). */
export async function readExport(
  { db, clock }: AuditDeps,
  orgId: OrgId,
  jobId: JobId,
): Promise<AsyncIterable<string>> {
  const since = addMs(clock.now(), -KEPT_MS);
  if (!(await withTx(db, orgId, (tx) => isWhole(tx, orgId, jobId, since))))
    throw new Problem(common.not_found);
  return partsOf(db, orgId, jobId);
}

async function* partsOf(db: Db, orgId: OrgId, jobId: JobId): AsyncGenerator<string> {
  for (let part = 0; ; part += 1) {
    const lines = await withTx(db, orgId, (tx) => findPart(tx, orgId, jobId, part));
    if (lines === null) return;
    if (lines !== "") yield `${lines}\n`;
  }
}

/** Forgets exports after their hour. */
export async function purgeExports({ db, clock }: Pick<AuditDeps, "db" | "clock">): Promise<void> {
  const before = addMs(clock.now(), -KEPT_MS);
  for (const orgId of await withOperatorTx(db, (tx) => listOldExports(tx, before)))
    await withTx(db, orgId, (tx) => deleteOldExports(tx, orgId, before));
}
