import { withSystemTx } from "../../../../platform/db/index.ts";
import type { ReconciliationDeps } from "../deps.ts";
import type { ProviderBooks } from "./provider-books.ts";
import { saveReadUntil, saveRecords } from "../store.ts";

/** Pages of one reading; companies list 100 lines or more on each. */
const MAX_PAGES = 5_000;
/** Claims of the inbox that may pass before what was recorded is applied; each takes 256 events. */
const MAX_CLAIMS = 50;

/** Reads what a company booked in [from, to) and keeps it. What no event tells of enters the inbox, and is applied. */
export async function readBooks(
  deps: ReconciliationDeps,
  books: ProviderBooks,
  { from, to }: { from: Date; to: Date },
  signal: AbortSignal,
): Promise<void> {
  const { clock, db, inbox } = deps;
  let after: string | null = null;
  let recorded = 0;
  for (let page = 0; ; page += 1) {
    if (page === MAX_PAGES) throw new Error("the company lists more than one reading takes");
    signal.throwIfAborted();
    const { records, next } = await books.list({ from, to, after }, signal);
    await withSystemTx(db, (tx) => saveRecords(tx, books, records, clock.now()));
    const untold = records.filter(({ movement }) => movement === "account");
    recorded += await inbox.record(
      books,
      untold.map((record) => books.wrap(record)),
    );
    if (next === null) break;
    after = next;
  }
  for (let claims = 0; recorded > 0 && claims < MAX_CLAIMS; claims += 1)
    if (!(await inbox.process(signal))) break;
  const readAt = clock.now();
  await withSystemTx(db, (tx) => saveReadUntil(tx, books, to < readAt ? to : readAt));
}
