import { audit, INSTALLATION } from "../../../../kernel/identity/index.ts";
import { post, reverse } from "../../../../kernel/ledger/index.ts";
import { isId, type OrgId } from "../../../../platform/ids.ts";
import { addMs } from "../../../../platform/clock.ts";
import { withSystemTx, withTx } from "../../../../platform/db/index.ts";
import { Problem } from "../../../../platform/problem.ts";
import { paymentsProblems } from "../../problems.ts";
import { noteBreak, type BreakRow } from "./break-store.ts";
import { checkStanding, checkWindow } from "../runs/check-window.ts";
import type { ReconciliationDeps } from "../deps.ts";
import { adjusted, type BreakAction } from "./judge.ts";
import type { ProviderBooks } from "../books/provider-books.ts";
import { readBreak } from "../read.ts";

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
/** Claims of the inbox that may pass before the replayed event is applied. */
const MAX_CLAIMS = 50;

export type Resolution = {
  id: string;
  mode: "test" | "live";
  action: BreakAction | "accept";
  note: string;
  actorId: string;
};

/**
 * Does what the break asks for, by the path that it would have taken by itself, and compares again. The answer is the break
 * as it stands afterwards: `resolved` when the sides agree now, else as open as before. `accept` keeps it as it is for good.
 * 409 `break_settled`, 409 `action_not_possible` for an action that is not its own, or has nothing to act on.
 */
export async function resolveBreak(
  deps: ReconciliationDeps,
  input: Resolution,
  signal: AbortSignal,
): Promise<BreakRow> {
  const { clock, db } = deps;
  const row = await readBreak(deps, input.id, input.mode);
  if (row.state === "resolved" || row.state === "accepted") throw new Problem(paymentsProblems.break_settled);
  const books = deps.books.find(({ accountId, mode }) => accountId === row.account_id && mode === row.mode);
  if (input.action === "accept") return note(deps, row, input, "accepted");
  if (input.action !== row.action || !books) throw notPossible();
  await ACTS[input.action](deps, books, row, { actorId: input.actorId, signal });
  await check(deps, books, row, signal);
  const after = await readBreak(deps, row.id, row.mode);
  if (after.state === "resolved") return note(deps, row, input, "resolved");
  await withSystemTx(db, (tx) => tried(tx, clock.now(), row, input));
  return after;
}

type With = { actorId: string; signal: AbortSignal };
type Act = (deps: ReconciliationDeps, books: ProviderBooks, row: BreakRow, by: With) => Promise<unknown>;

const ACTS: Readonly<Record<BreakAction, Act>> = {
  backfill: async ({ inbox }, { accountId }, { occurred_at: at }, by) => {
    const { signal } = by;
    await inbox.backfillNow({ accountId, from: addMs(at, -HOUR_MS), to: addMs(at, HOUR_MS) }, by);
    await applyAll(inbox, signal);
  },
  replay: async ({ inbox }, _books, { sides }, { signal, actorId }) => {
    if (!isId("evt", sides.event?.id)) throw notPossible();
    await inbox.replay(sides.event.id as never, actorId);
    await applyAll(inbox, signal);
  },
  reverse: reverseExtra,
  adjust,
  // A second charge is no payment of ours, so that none of our refunds is its way back.
  refund: () => Promise.reject(notPossible()),
  // What asks runs by itself; comparing again sees what it found.
  ask_company: () => Promise.resolve(),
};

async function applyAll(inbox: ReconciliationDeps["inbox"], signal: AbortSignal): Promise<void> {
  for (let claims = 0; claims < MAX_CLAIMS; claims += 1) if (!(await inbox.process(signal))) return;
}

/** All but the first effect of a line; the only one of what no line explains. */
async function reverseExtra(
  { clock, db }: ReconciliationDeps,
  _books: ProviderBooks,
  row: BreakRow,
): Promise<void> {
  const { provider, ledger } = row.sides;
  const [first] = ledger;
  if (!first) throw notPossible();
  const same = ledger.filter(({ reference }) => reference === first.reference);
  for (const { org_id, transaction_id } of provider ? same.slice(1) : same) {
    const org = org_id as OrgId;
    const what = { mode: row.mode, transactionId: transaction_id };
    await withTx(db, org, (tx) => reverse(tx, org, what, clock.now()));
  }
}

/** Reads the line anew first; what differs still is moved between the account and `suspense` or `fees`. */
async function adjust(
  deps: ReconciliationDeps,
  books: ProviderBooks,
  row: BreakRow,
  { signal }: With,
): Promise<void> {
  await check(deps, books, row, signal);
  const { state, kind, amount, currency, sides } = await readBreak(deps, row.id, row.mode);
  if (state === "resolved") return;
  const { provider, ledger } = sides;
  const [effect] = ledger;
  if (!provider || !effect) throw notPossible();
  const { accountId, mode, source } = books;
  const clearing = `clearing:${accountId}`;
  const between = (unit: string, value: bigint, other: string) => [
    { account: clearing, unit, amount: value },
    { account: other, unit, amount: -value },
  ];
  const isFee = kind === "fee_mismatch";
  const feeName = `${source}:${accountId}:${provider.id}:fee`;
  const reference = adjusted(isFee ? feeName : effect.reference);
  const entries =
    kind === "currency_mismatch"
      ? [
          ...between(effect.unit, -BigInt(effect.amount), "suspense"),
          ...between(currency, BigInt(provider.amount_minor), "suspense"),
        ]
      : between(currency, isFee ? -amount : amount, isFee ? "fees" : "suspense");
  const org = effect.org_id as OrgId;
  await withTx(deps.db, org, (tx) =>
    post(tx, org, [{ mode, kind: "reconciliation.adjusted", reference, entries }], deps.clock.now()),
  );
}

async function check(
  deps: ReconciliationDeps,
  books: ProviderBooks,
  { kind, occurred_at: at }: BreakRow,
  signal: AbortSignal,
): Promise<void> {
  if (kind === "expired_hold" || kind === "unknown_outcome") return checkStanding(deps, books);
  const from = new Date(Math.floor(at.getTime() / SECOND_MS) * SECOND_MS);
  return checkWindow(deps, books, { from, to: addMs(from, SECOND_MS) }, signal);
}

async function note(
  deps: ReconciliationDeps,
  row: BreakRow,
  { action, note: text, actorId }: Resolution,
  state: "accepted" | "resolved",
): Promise<BreakRow> {
  const now = deps.clock.now();
  await withSystemTx(deps.db, async (tx) => {
    await noteBreak(tx, row.id, { state, by: actorId, resolution: action, note: text, now });
    await tried(tx, now, row, { action, actorId });
  });
  return readBreak(deps, row.id, row.mode);
}

const tried = (
  tx: Parameters<typeof audit>[0],
  now: Date,
  { id, kind }: BreakRow,
  { action, actorId }: Pick<Resolution, "action" | "actorId">,
) =>
  audit(tx, now, {
    orgId: INSTALLATION,
    actorId,
    action: "break.resolved",
    targetId: id,
    detail: { kind, action },
  });

const notPossible = () => new Problem(paymentsProblems.action_not_possible);
