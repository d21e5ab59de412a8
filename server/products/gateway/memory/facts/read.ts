import { withTx } from "../../../../platform/db/index.ts";
import type { Actor } from "../../../../platform/http/index.ts";
import type { Gateway } from "../../settling/state.ts";
import { personOfMemory } from "../person.ts";
import { openFact, type Fact } from "./fact.ts";
import { listFacts, listVersions, type Wanted } from "./store.ts";

/** Facts that are opened at once; a search looks at all of a person's, batch by batch. */
const AT_ONCE = 200;

/** The person's own, the newest first; those whose text has what is searched for. One more than a page has. */
export async function readFacts(
  { deps }: Gateway,
  actor: Actor,
  { q, ...wanted }: Omit<Wanted, "userId"> & { q: string | null },
): Promise<Fact[]> {
  const { orgId } = actor;
  const userId = personOfMemory(actor);
  const found: Fact[] = [];
  const limit = q === null ? wanted.limit : AT_ONCE;
  const sought = q === null ? null : folded(q);
  for (let after = wanted.after; ;) {
    const rows = await withTx(deps.db, orgId, (tx) =>
      listFacts(tx, orgId, { ...wanted, userId, after, limit }),
    );
    const facts = rows.map((row) => openFact(deps.sealer, orgId, row));
    found.push(...facts.filter(({ text }) => sought === null || folded(text).includes(sought)));
    after = rows.at(-1)?.id ?? null;
    if (rows.length < limit || found.length >= wanted.limit) return found.slice(0, wanted.limit);
  }
}

/** In whatever case, and with whatever accents. */
const folded = (text: string): string => text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();

/** All that is kept of the person, earlier versions too, in order. */
export async function readVersions(
  { deps }: Gateway,
  actor: Actor,
  { after, limit }: { after: { id: string; version: number }; limit: number },
): Promise<Fact[]> {
  const { orgId } = actor;
  const userId = personOfMemory(actor);
  const rows = await withTx(deps.db, orgId, (tx) => listVersions(tx, orgId, userId, after, limit));
  return rows.map((row) => openFact(deps.sealer, orgId, row));
}
