import { useQuery } from "@tanstack/react-query";
import { Moon } from "lucide-react";
import { booksQueries } from "../../api/books.ts";
import type { NightlyCheck } from "../../api/types.ts";
import { formatInteger } from "../../lib/format.ts";
import { Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";

/** What the last night's check of all books found. */
export function CheckCard() {
  const { data, error, refetch } = useQuery(booksQueries.check());
  const check = data?.check;
  return (
    <Card>
      <CardHead
        title="Nightly check"
        note="Every rule of the books, the chain of seals, an empty suspense account; at 02:00 UTC"
        actions={check && <Badge tone={check.ok ? "ok" : "bad"}>{check.ok ? "All holds" : "Faults"}</Badge>}
      />
      {data ? (
        check ? (
          <Verdict check={check} />
        ) : (
          <Empty icon={<Moon className="size-5" />} title="Not checked yet">
            The first check runs tonight.
          </Empty>
        )
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <div className="p-4">
          <Skeleton className="h-4 w-64" />
        </div>
      )}
    </Card>
  );
}

function Verdict({ check }: { check: NightlyCheck }) {
  if (check.ok)
    return (
      <p className="px-4 py-3 text-sm text-text-2">
        Nothing was wrong on {check.day}, checked <Time at={check.checked_at} />.
      </p>
    );
  return (
    <ul className="divide-y divide-line">
      {check.faults.map((fault) => (
        <li key={fault.name} className="px-4 py-3 text-sm">
          <p className="flex flex-wrap items-baseline gap-x-2">
            <span className="font-medium">{fault.statement}</span>
            <span className="num text-xs text-bad">
              {formatInteger(fault.count)} {fault.count === 1 ? "fault" : "faults"}
            </span>
          </p>
          {fault.examples.map((example) => (
            <code key={example} className="mt-0.5 block text-xs break-all text-text-2">
              {example}
            </code>
          ))}
        </li>
      ))}
    </ul>
  );
}
