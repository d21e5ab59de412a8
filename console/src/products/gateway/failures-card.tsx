import { useQuery } from "@tanstack/react-query";
import { queries } from "../../api/queries.ts";
import { formatInteger, humanize } from "../../lib/format.ts";
import { Card, CardHead } from "../../ui/card.tsx";

/** Failed calls by their cause, the commonest first; nothing where none failed. */
export function FailuresCard({ from, onShow }: { from: string; onShow(cause: string): void }) {
  const usage = useQuery(queries.usage("outcome", from));
  const causes = (usage.data?.data ?? [])
    .filter(({ failures }) => failures > 0)
    .sort((a, b) => b.failures - a.failures);
  const most = causes[0]?.failures;
  if (!most) return null;
  return (
    <Card>
      <CardHead title="Failures by cause" note="What failed for the caller, whichever provider was asked" />
      <ul aria-label="Failures by cause">
        {causes.map(({ group, failures }) => {
          const cause = group.outcome ?? "unknown";
          return (
            <li key={cause} className="border-b border-line last:border-b-0">
              <button
                type="button"
                onClick={() => onShow(cause)}
                className="flex w-full items-center gap-3 px-4 py-2.5 text-left text-sm hover:bg-hover focus-visible:-outline-offset-2"
              >
                <span className="w-44 shrink-0">{humanize(cause)}</span>
                <span aria-hidden className="h-2 min-w-0 flex-1 overflow-hidden rounded-full bg-sunken">
                  <span
                    className="block h-full rounded-full bg-bad"
                    style={{ width: `${(100 * failures) / most}%` }}
                  />
                </span>
                <span className="num w-12 text-right">
                  {formatInteger(failures)}
                  <span className="sr-only"> failed, show them</span>
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
