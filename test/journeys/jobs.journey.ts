import assert from "node:assert/strict";
import type { Page, Request } from "playwright-core";
import { createDb, withTx } from "../../server/platform/db/index.ts";
import { newId, type OrgId } from "../../server/platform/ids.ts";
import { type Journey, open, type Stage } from "./stage.ts";

/** Refreshed every 5 s, and a little. */
const REFRESHED_MS = 8_000;
const NO_WORKER = "journey.export";

type Made = { state: string; kind?: string; done?: number; failed?: number; total?: number };

/** Jobs as they stand while no worker knows their kind. */
async function makeJobs({ page, product }: Stage, jobs: readonly Made[]): Promise<void> {
  const org = await page.evaluate(async () => {
    const answer = await fetch("/api/auth/me");
    return ((await answer.json()) as { organization: { id: string } }).organization.id;
  });
  const db = createDb({ url: product.databaseUrl, max: 1 });
  await withTx(db, org as OrgId, async (tx) => {
    for (const { state, kind = NO_WORKER, done = 0, failed = 0, total = null } of jobs)
      await tx.query(
        "make_job",
        `with made as (
           insert into platform.jobs (org_id, id, kind, state, priority, payload, max_attempts, attempts, created_at, due_at,
             started_at, finished_at, done, failed, total, error_code, error_detail)
           values ($1, $2, $3, $4, 3, '{}', 3, 1, now() - interval '2 minutes', now() - interval '2 minutes',
             now() - interval '100 seconds', case when $4 in ('queued', 'running') then null else now() end, $5, $6, $7,
             case when $4 = 'failed' then 'timeout' end, case when $4 = 'failed' then 'The job took too long' end)
           returning org_id, id, kind, priority, state, due_at)
         insert into platform.job_queue (job_id, org_id, kind, priority, state, due_at)
         select id, org_id, kind, priority, 'queued', due_at from made where state in ('queued', 'running')`,
        [org, newId("job"), kind, state, done, failed, total],
      );
  }).finally(() => db.close());
}

/** Presses Tab until this is focused. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 80; presses += 1) {
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute("aria-label") ?? element?.textContent?.trim() ?? "";
    });
    if (focused === name) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab never came to ${name}`);
}

async function openByKeyboard(page: Page, row: string): Promise<void> {
  await page.getByRole("link", { name: row }).first().waitFor({ timeout: REFRESHED_MS });
  await tabTo(page, row);
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
}

async function confirmByKeyboard(page: Page, button: string): Promise<void> {
  await tabTo(page, button);
  await page.keyboard.press("Enter");
  await page.getByRole("alertdialog").waitFor();
  await tabTo(page, button);
  await page.keyboard.press("Enter");
  await page.getByRole("alertdialog").waitFor({ state: "detached" });
}

export const journeys: Journey[] = [
  {
    name: "jobs show by themselves, with their counts and how far they are",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/jobs", "Jobs");
      await makeJobs(stage, [
        ...Array.from({ length: 12 }, () => ({ state: "completed", kind: "journey.import" })),
        { state: "partial", kind: "journey.import", done: 950, failed: 50, total: 1_000 },
        { state: "running", done: 120, total: 400 },
        { state: "failed" },
        { state: "queued" },
      ]);
      const kinds = page.getByRole("table", { name: "Kinds of jobs" });
      await kinds.getByRole("link", { name: "Only journey.import" }).waitFor({ timeout: REFRESHED_MS });
      await page.getByRole("progressbar", { name: "Progress of journey.export" }).waitFor();
      assert.equal(await page.getByRole("progressbar").last().getAttribute("value"), "100");
    },
  },
  {
    name: "jobs are cancelled and retried by keyboard alone",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/jobs?state=queued&kind=journey.export", "Jobs");
      await openByKeyboard(page, `${NO_WORKER}, Waiting`);
      await confirmByKeyboard(page, "Cancel job");
      await page.getByRole("dialog").getByText("Cancelled", { exact: true }).waitFor();
      await page.keyboard.press("Escape");
      await open(stage, "/jobs?state=failed&kind=journey.export", "Jobs");
      await openByKeyboard(page, `${NO_WORKER}, Failed`);
      await confirmByKeyboard(page, "Retry");
      await page.getByRole("dialog").getByText("Waiting", { exact: true }).waitFor();
      await page.keyboard.press("Escape");
    },
  },
  {
    name: "jobs refresh without keeping the session alive, and not at all while hidden",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/jobs", "Jobs");
      const asked: (string | undefined)[] = [];
      const note = (request: Request) => {
        if (new URL(request.url()).pathname.startsWith("/api/jobs"))
          asked.push(request.headers()["x-holdfast-background"]);
      };
      await page.waitForRequest(/\/api\/jobs\/stats/);
      await page.waitForRequest(/\/api\/jobs\/stats/);
      page.on("request", note);
      await page.waitForRequest(/\/api\/jobs\/stats/, { timeout: REFRESHED_MS });
      await page.waitForRequest(/\/api\/jobs\/stats/, { timeout: REFRESHED_MS });
      assert.ok(asked.length >= 2 && asked.every((header) => header === "1"), `asked with ${asked.join()}`);
      await page.evaluate(() => {
        Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
        document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
      });
      const before = asked.length;
      await page.waitForTimeout(REFRESHED_MS);
      page.off("request", note);
      assert.equal(asked.length, before, "a hidden page asks nothing");
      await page.reload();
    },
  },
];
