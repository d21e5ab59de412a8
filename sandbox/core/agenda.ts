import type { Agenda } from "./company.ts";
import type { OpenStore } from "./store.ts";

export type DueItem = { company: string; kind: string; payload: unknown };
export type OpenAgenda = Agenda & {
  /** When the next thing falls due in world time, or null. */
  nextAt(): number | null;
  /** Takes out the first thing due at `now`; doing it belongs to the same turn, hence to the same transaction. */
  take(now: number): DueItem | null;
};

const TABLE = `create table if not exists agenda (
  id integer primary key, at_ms integer not null, company text not null, kind text not null,
  payload text not null, key text unique);
create index if not exists agenda_at on agenda (at_ms, id);`;

/** Things to do later in world time, kept in the books. `changed` is called when the earliest one may have moved. */
export function openAgenda(store: OpenStore, changed: () => void): OpenAgenda {
  store.ensure("agenda", TABLE);
  return {
    add(company, kind, atMs, payload, key) {
      store.run(
        "insert or replace into agenda (at_ms, company, kind, payload, key) values (?, ?, ?, ?, ?)",
        Math.ceil(atMs),
        company,
        kind,
        JSON.stringify(payload),
        key ?? null,
      );
      changed();
    },
    cancel(key) {
      store.run("delete from agenda where key = ?", key);
    },
    nextAt() {
      const row = store.get("select at_ms from agenda order by at_ms, id limit 1");
      return row === null ? null : Number(row["at_ms"]);
    },
    take(now) {
      const row = store.get(
        "select id, company, kind, payload from agenda where at_ms <= ? order by at_ms, id limit 1",
        now,
      );
      if (row === null) return null;
      store.run("delete from agenda where id = ?", Number(row["id"]));
      return {
        company: String(row["company"]),
        kind: String(row["kind"]),
        payload: JSON.parse(String(row["payload"])),
      };
    },
  };
}
