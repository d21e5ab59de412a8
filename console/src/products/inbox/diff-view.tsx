import type { Diff, DiffChange } from "../../api/types.ts";
import { humanize } from "../../lib/format.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Notice } from "../../ui/states.tsx";

const OPS: Record<DiffChange["op"], { label: string; tone: Tone }> = {
  inserted: { label: "new", tone: "ok" },
  updated: { label: "changed", tone: "warn" },
  deleted: { label: "gone", tone: "bad" },
};

/** What replaying one event would do, row by row. */
export function DiffView({ diff }: { diff: Diff }) {
  if (diff.result !== "applies")
    return (
      <Notice
        tone={diff.result === "ignored" ? "info" : diff.result === "waits" ? "warn" : "bad"}
        title={`${ENDS[diff.result]}${diff.code ? `: ${diff.code}` : ""}`}
      >
        {diff.detail}
      </Notice>
    );
  if (diff.changes.length === 0 && !diff.more)
    return <p className="text-sm text-text-2">Nothing: all of it was done before.</p>;
  return (
    <div className="flex flex-col gap-2">
      <p className="text-sm text-text-2">{summarize(diff)}</p>
      <ul className="flex flex-col gap-2">
        {diff.changes.map((change) => (
          <ChangeView key={`${change.table} ${JSON.stringify(change.key)}`} change={change} />
        ))}
      </ul>
      {diff.more && <p className="text-xs text-text-3">There is more than is listed here.</p>}
    </div>
  );
}

const ENDS = {
  ignored: "It would be ignored",
  waits: "It would wait",
  dead: "It would be dead",
  fails: "It would fail",
} as const;

const WORDS = {
  entry: ["ledger entry", "ledger entries"],
  row: ["row", "rows"],
  mail: ["mail", "mails"],
  relay: ["relayed event", "relayed events"],
} as const;

export function summarize(diff: Pick<Diff, "changes">): string {
  const counts = Object.entries(WORDS).flatMap(([kind, [one, many]]) => {
    const count = diff.changes.filter((change) => change.kind === kind).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  });
  return counts.join(", ") || "nothing";
}

function ChangeView({ change }: { change: DiffChange }) {
  const fields = fieldsOf(change);
  return (
    <li className="min-w-0 rounded-lg border border-line">
      <details>
        <summary className="flex min-h-9 cursor-pointer items-center gap-2 px-3 text-sm">
          <code className="min-w-0 flex-1 truncate font-mono text-xs">{change.table}</code>
          <span className="text-xs text-text-3">{humanize(change.kind)}</span>
          <Badge tone={OPS[change.op].tone}>{OPS[change.op].label}</Badge>
        </summary>
        <dl className="border-t border-line px-3 py-2 text-xs">
          {fields.map(({ name, before, after }) => (
            <div key={name} className="grid grid-cols-[8rem_minmax(0,1fr)] gap-2 py-0.5">
              <dt className="truncate text-text-2">{name}</dt>
              <dd className="min-w-0 font-mono break-all">
                {before !== null && <del className="text-bad no-underline">{before}</del>}
                {before !== null && after !== null && " → "}
                {after !== null && <ins className="text-ok no-underline">{after}</ins>}
              </dd>
            </div>
          ))}
        </dl>
      </details>
    </li>
  );
}

/** The columns that differ; of a new row or one that is gone, those that say something. */
export function fieldsOf({ before, after }: Pick<DiffChange, "before" | "after">) {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const text = (row: DiffChange["before"], name: string): string | null => {
    const value = row?.[name];
    if (row === null || value === undefined) return null;
    return typeof value === "string" ? value : JSON.stringify(value);
  };
  return names
    .map((name) => ({ name, before: text(before, name), after: text(after, name) }))
    .filter(({ before: was, after: is }) => was !== is && !(before === null && is === "null"));
}
