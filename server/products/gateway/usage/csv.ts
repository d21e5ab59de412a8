import { Readable } from "node:stream";
import { withTx } from "../../../platform/db/index.ts";
import type { Actor, Call } from "../../../platform/http/index.ts";
import { csvLine } from "../../../platform/report/index.ts";
import { COUNTS } from "../counts.ts";
import type { UsageFilter } from "../schemas.ts";
import type { Gateway } from "../settling/state.ts";
import { recordScopeOf } from "./read.ts";
import { listRequests, type RecordRow, type Scope } from "./store.ts";

const MOST_ROWS = 100_000;
const PAGE = 1_000;

const COLUMNS = [
  "created_at",
  "id",
  "endpoint",
  "model",
  "provider",
  "credential_id",
  "user_id",
  "project_id",
  "streamed",
  "state",
  "outcome",
  "basis",
  "held_micros",
  "cost_micros",
  "cost_usd",
  "price_version",
  ...COUNTS,
  "first_content_ms",
] as const satisfies readonly (keyof RecordRow)[];
const SHOWN: Readonly<Record<string, string>> = { id: "request_id", credential_id: "key_id" };

/** Single calls as CSV, newest first, written page by page as fast as they are read. */
export async function sendRecords(
  { deps }: Gateway,
  actor: Actor,
  query: UsageFilter & { outcome?: string | undefined },
  reply: Call["reply"],
): Promise<void> {
  const scope = recordScopeOf(actor, query, deps.clock.now());
  await reply
    .code(200)
    .type("text/csv; charset=utf-8")
    .header("content-disposition", 'attachment; filename="calls.csv"')
    .send(Readable.from(lines(deps, scope)));
}

async function* lines({ db }: Pick<Gateway["deps"], "db">, scope: Scope): AsyncGenerator<string> {
  yield csvLine(COLUMNS.map((name) => SHOWN[name] ?? name));
  let after: { at: Date; id: string } | null = null;
  for (let written = 0; written < MOST_ROWS; written += PAGE) {
    const page: RecordRow[] = await withTx(db, scope.org, (tx) =>
      listRequests(tx, scope, { limit: PAGE, after }),
    );
    const rows = page.slice(0, PAGE);
    yield rows.map((row) => csvLine(COLUMNS.map((name) => cellOf(row[name])))).join("");
    const last = rows.at(-1);
    if (page.length <= PAGE || !last) return;
    after = { at: last.created_at, id: last.id };
  }
}

function cellOf(value: RecordRow[keyof RecordRow]): string | bigint | number | null {
  if (value instanceof Date) return value.toISOString();
  return typeof value === "boolean" ? String(value) : value;
}
