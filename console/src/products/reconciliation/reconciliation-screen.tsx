import { useQuery } from "@tanstack/react-query";
import { Scale } from "lucide-react";
import { useState } from "react";
import { queries } from "../../api/queries.ts";
import type { ReconciliationSummary } from "../../api/types.ts";
import { formatInteger, formatMoney } from "../../lib/format.ts";
import { Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { BreaksCard } from "./breaks-card.tsx";
import { RunDialog } from "./run-dialog.tsx";
import { RunsCard } from "./runs-card.tsx";

type Account = ReconciliationSummary["accounts"][number];
type Currency = Account["currencies"][number];

const HOURS = [
  { value: "24", label: "24 hours" },
  { value: "72", label: "3 days" },
  { value: "168", label: "7 days" },
] as const;

/** The companies' books, the inbox and the ledger side by side. */
export function ReconciliationScreen() {
  const [hours, setHours] = useState<(typeof HOURS)[number]["value"]>("24");
  const [starting, setStarting] = useState(false);
  const summary = useQuery(queries.reconciliationSummary(Number(hours)));
  const accounts = summary.data?.accounts ?? [];
  return (
    <Page
      title="Reconciliation"
      about="Each line of a company's books has its event and exactly one effect in the ledger. What does not agree is a break."
      actions={
        <>
          <FilterTabs label="Time" value={hours} options={HOURS} onChange={(next) => setHours(next)} />
          <Button variant="primary" onClick={() => setStarting(true)} disabled={accounts.length === 0}>
            Compare now
          </Button>
        </>
      }
    >
      {!summary.data &&
        (summary.error ? (
          <Failure error={summary.error} onRetry={() => void summary.refetch()} />
        ) : (
          <Skeleton className="h-36 w-full" />
        ))}
      {accounts.map((account) => (
        <AccountCard key={account.account_id} account={account} />
      ))}
      <BreaksCard />
      <RunsCard />
      <RunDialog
        open={starting}
        onOpenChange={setStarting}
        accounts={accounts.map(({ account_id }) => account_id)}
      />
    </Page>
  );
}

function AccountCard({ account }: { account: Account }) {
  const broken = account.breaks.reduce((sum, { count }) => sum + count, 0);
  return (
    <Card>
      <CardHead
        title={account.account_id}
        note={
          <>
            {account.source}, read <Time at={account.read_until} />
          </>
        }
        actions={
          <span className="flex gap-1.5">
            <Badge tone={account.complete ? "ok" : "info"}>
              {account.complete ? "complete" : "data may come"}
            </Badge>
            <Badge tone={broken > 0 ? "bad" : "ok"}>
              {broken === 1 ? "1 break" : `${formatInteger(broken)} breaks`}
            </Badge>
          </span>
        }
      />
      {account.currencies.length === 0 ? (
        <Empty icon={<Scale className="size-5" />} title="Nothing was booked in this time" />
      ) : (
        account.currencies.map((row) => <Sides key={row.currency} row={row} />)
      )}
    </Card>
  );
}

/** Three columns that should say the same. */
function Sides({ row }: { row: Currency }) {
  const all = row.matched === row.provider.count;
  return (
    <div className="border-t border-line px-4 py-3 first:border-t-0">
      <p className="flex items-center gap-2 pb-2 text-xs text-text-2">
        <span className="font-medium text-text uppercase">{row.currency}</span>
        <span className={all ? "text-ok" : "text-bad"}>
          {formatInteger(row.matched)} of {formatInteger(row.provider.count)} agree
        </span>
      </p>
      <dl className="grid grid-cols-3 gap-2">
        <Side name="Company" side={row.provider} of={row} />
        <Side name="Inbox" side={row.events} of={row} />
        <Side name="Ledger" side={row.ledger} of={row} />
      </dl>
    </div>
  );
}

function Side({ name, side, of }: { name: string; side: Currency["provider"]; of: Currency }) {
  const agrees = side.count === of.provider.count && side.net_minor === of.provider.net_minor;
  return (
    <div className="min-w-0 rounded-lg bg-sunken px-3 py-2">
      <dt className="text-xs text-text-2">{name}</dt>
      <dd>
        <span className={`num block truncate text-sm font-semibold sm:text-base ${agrees ? "" : "text-bad"}`}>
          {formatMoney(side.net_minor, of.currency)}
        </span>
        <span className="num block text-xs text-text-3">{formatInteger(side.count)} lines</span>
      </dd>
    </div>
  );
}
