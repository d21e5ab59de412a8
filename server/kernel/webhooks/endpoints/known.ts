import { withSystemTx, type Tx } from "../../../platform/db/index.ts";
import type { InboxDeps } from "../deps.ts";
import { sourceOf, type Source } from "../sources/source.ts";
import { isActive, placeOf, type EndpointRow, type SecretRow } from "./endpoint.ts";
import { listEndpoints, listSecrets } from "./store.ts";

/** A change by an operator reaches every process within this time. */
const KNOWN_MS = 1_000;

/** An endpoint that takes events, and who verifies them by which secrets. */
export type Open = { row: EndpointRow; source: Source; secrets: readonly string[] };

export type Endpoints = {
  /** The named endpoint of a company, else its default one; null when it is unknown or switched off. */
  find(at: { source: string; endpointId: string | null }): Promise<Open | null>;
  /** The default endpoint of an account, or null when it is switched off. */
  defaultOf(source: Source): Promise<EndpointRow | null>;
  /** The endpoints of the same account, itself among them. */
  siblingsOf(row: EndpointRow): Promise<EndpointRow[]>;
};

type Known = { rows: EndpointRow[]; secrets: Map<string, { plain: string; row: SecretRow }[]> };

/** Endpoints as they were at most a second ago; one reading at a time. */
export function createEndpoints({
  db,
  clock,
  sealer,
  sources,
}: Pick<InboxDeps, "db" | "clock" | "sealer" | "sources">): Endpoints {
  let known: Known = { rows: [], secrets: new Map() };
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | null = null;
  const open = (row: SecretRow): string =>
    sealer.open(row.sealed as Buffer, placeOf(row.id)).toString("utf8");
  const read = async () => {
    const { rows, secrets } = await withSystemTx(db, readAll);
    known = {
      rows,
      secrets: Map.groupBy(
        secrets.map((row) => ({ plain: open(row), row })),
        ({ row }) => row.endpoint_id,
      ),
    };
    readAt = performance.now();
  };
  const current = async (): Promise<Known> => {
    if (performance.now() - readAt > KNOWN_MS) {
      reading ??= read().finally(() => (reading = null));
      await reading;
    }
    return known;
  };
  return {
    async find({ source: name, endpointId }) {
      const { rows, secrets } = await current();
      const main = sources.find((source) => source.name === name);
      const row = rows.find((each) =>
        endpointId === null
          ? main !== undefined && isDefault(each, main)
          : each.id === endpointId && each.source === name,
      );
      const source = row && sourceOf(sources, name, row.account_id);
      if (!row?.enabled || !source) return null;
      const now = clock.now();
      const active = (secrets.get(row.id) ?? []).filter((secret) => isActive(secret.row, now));
      return { row, source, secrets: active.map(({ plain }) => plain) };
    },
    async defaultOf(source) {
      const row = (await current()).rows.find((each) => isDefault(each, source));
      return row?.enabled ? row : null;
    },
    async siblingsOf({ source, account_id: account, mode }) {
      return (await current()).rows.filter(
        (each) => each.source === source && each.account_id === account && each.mode === mode,
      );
    },
  };
}

async function readAll(tx: Tx) {
  return { rows: await listEndpoints(tx), secrets: await listSecrets(tx) };
}

const isDefault = (row: EndpointRow, { name, accountId, mode }: Source): boolean =>
  row.is_default && row.source === name && row.account_id === accountId && row.mode === mode;
