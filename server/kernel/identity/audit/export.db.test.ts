import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import { anAuditExport } from "../../../../test/sweep/rows.ts";
import { systemClock } from "../../../platform/clock.ts";
import { createDb } from "../../../platform/db/index.ts";
import { checkExport } from "./export-lines.ts";
import { sealChains } from "./seal.ts";

let app: TestApp;
let lines: string[];

beforeAll(async () => {
  app = await startTestApp();
  for (let n = 0; n < 3; n += 1) await app.createKey(app.owner);
  const db = createDb({ url: app.database.url, max: 2 });
  await sealChains({ db, clock: systemClock }, { whole: false, waiting: () => undefined });
  await db.close();
  const answer = await app.owner.call("GET", `/api/audit-log/exports/${await anAuditExport(app)}`);
  lines = answer.text.split("\n");
});
afterAll(() => app.close());

test("an export proves itself, offline", async () => {
  const verdict = await checkExport(lines);
  expect(verdict).toMatchObject({ ok: true, fault: null });
  expect(verdict.entries).toBeGreaterThanOrEqual(4);
});

test("one changed byte of any entry is named", async () => {
  for (const [at, line] of lines.entries()) {
    if (!line.includes('"action"')) continue;
    const { seq } = JSON.parse(line) as { seq: number };
    const changed = lines.with(at, line.replace('"actor_id":"usr_', '"actor_id":"usr_x'));
    if (changed[at] === line) continue;
    expect(await checkExport(changed)).toMatchObject({
      ok: false,
      fault: expect.stringContaining(`entry ${seq} `) as string,
    });
  }
});

test("a removed or doubled line is named", async () => {
  expect((await checkExport(lines.toSpliced(2, 1))).fault).toBe("entry 2 is missing");
  expect((await checkExport(lines.toSpliced(2, 0, lines[1] as string))).fault).toBe("entry 2 is missing");
});

test("404 for another organization, and for everyone after an hour", async () => {
  const path = `/api/audit-log/exports/${await anAuditExport(app)}`;
  expect((await (await app.neighbour()).call("GET", path)).status).toBe(404);
  await app.sql("update identity.audit_exports set created_at = created_at - interval '1 hour'");
  expect((await app.owner.call("GET", path)).status).toBe(404);
});
