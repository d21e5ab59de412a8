import type { Fault, FaultSet, FaultSubject, RandomStream } from "./company.ts";
import type { OpenStore } from "./store.ts";

/** Faults the core acts out for every company, with the effect each has unless told otherwise. */
export const CALL_FAULTS: Readonly<Record<string, "done" | "none">> = {
  status: "none",
  rate_limit: "none",
  timeout: "none",
  reset: "none",
  delay: "done",
  corrupt: "done",
  truncate: "done",
  wrong_type: "done",
  slow_stream: "done",
  cut_stream: "done",
  stall: "done",
};
export const WEBHOOK_FAULTS: readonly string[] = [
  "drop",
  "duplicate",
  "reorder",
  "delay",
  "corrupt",
  "bad_signature",
  "old_timestamp",
];
/** These go together with others; of the rest at most one hits a call or a delivery. */
const COMBINABLE = new Set(["delay", "duplicate", "reorder"]);
/** Rules per world; each is looked at for each call. */
export const MAX_FAULTS = 200;

export type NewFault = Omit<Fault, "id">;
export type OpenFaults = FaultSet & {
  add(fault: NewFault): Fault;
  remove(id: string): boolean;
  clear(): void;
};

const NONE: Fault[] = [];

/** `*` stands for any run of characters; without one the texts must be equal. */
export function globMatches(glob: string, text: string): boolean {
  if (!glob.includes("*")) return glob === text;
  const parts = glob.split("*");
  const first = parts[0] ?? "";
  const last = parts.at(-1) ?? "";
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length)
    return false;
  let from = first.length;
  for (const part of parts.slice(1, -1)) {
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from <= text.length - last.length;
}

function applies(fault: Fault, subject: FaultSubject): boolean {
  if (fault.on !== subject.on || (fault.company !== null && fault.company !== subject.company)) return false;
  if (subject.kinds !== undefined && !subject.kinds.includes(fault.fault)) return false;
  const { method, path, event, body } = fault.match;
  if (method !== undefined && method.toUpperCase() !== subject.method) return false;
  if (path !== undefined && !globMatches(path, subject.path ?? "")) return false;
  if (event !== undefined && !globMatches(event, subject.event ?? "")) return false;
  return body === undefined || (subject.body ?? "").includes(body);
}

/** The faults of one world, kept in its books; dice come from (seed, rule, n). */
export function openFaults(store: OpenStore, random: (rule: string) => RandomStream): OpenFaults {
  store.ensure(
    "faults",
    "create table if not exists faults (n integer primary key autoincrement, body text not null)",
  );
  const rules = new Map<number, Fault>();
  for (const row of store.all("select n, body from faults order by n")) {
    rules.set(Number(row["n"]), JSON.parse(String(row["body"])) as Fault);
  }
  const changed = new Set<number>();
  store.beforeCommit(() => {
    for (const n of changed) {
      const rule = rules.get(n);
      if (rule !== undefined) store.run("update faults set body = ? where n = ?", JSON.stringify(rule), n);
    }
    changed.clear();
  });

  const hit = (n: number, rule: Fault): boolean => {
    if (rule.times === 0) return false;
    if (rule.probability !== null && random(`fault:${rule.id}`).next() >= rule.probability) return false;
    if (rule.times !== null) {
      rule.times--;
      changed.add(n);
      store.touch();
    }
    return true;
  };
  return {
    list: () => [...rules.values()],
    add(fault) {
      store.run("insert into faults (body) values ('{}')");
      const n = Number(store.get("select max(n) as n from faults")?.["n"]);
      const rule: Fault = { id: `flt_${n}`, ...fault };
      rules.set(n, rule);
      changed.add(n);
      return rule;
    },
    remove(id) {
      for (const [n, rule] of rules) {
        if (rule.id !== id) continue;
        rules.delete(n);
        store.run("delete from faults where n = ?", n);
        return true;
      }
      return false;
    },
    clear() {
      rules.clear();
      store.run("delete from faults");
    },
    draw(subject) {
      if (rules.size === 0) return NONE;
      const hits: Fault[] = [];
      let exclusive = false;
      for (const [n, rule] of rules) {
        const combinable = COMBINABLE.has(rule.fault);
        if ((exclusive && !combinable) || !applies(rule, subject) || !hit(n, rule)) continue;
        hits.push(rule);
        if (!combinable) exclusive = true;
      }
      return hits;
    },
  };
}
