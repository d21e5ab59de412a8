import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Check } from "lucide-react";
import { queries } from "../../api/queries.ts";
import type { LedgerTransaction } from "../../api/types.ts";
import { formatInteger, formatUnit } from "../../lib/format.ts";
import { useMe } from "../../shell/session.tsx";
import { Amount, Id, Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { Drawer } from "../../ui/dialog.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";
import { Failure } from "../../ui/states.tsx";
import { Loading } from "../payments/payment-drawer.tsx";
import { kindName, sumsOf, unitName } from "./entries.ts";

const route = getRouteApi("/app/ledger/$transactionId");

export function TransactionDrawer() {
  const { transactionId } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(queries.ledgerTransaction(transactionId));
  return (
    <Drawer
      open
      onOpenChange={() => void navigate({ to: "/ledger", search })}
      title={data ? kindName(data.kind) : "Transaction"}
      subtitle={<Id id={transactionId} full />}
    >
      {data ? (
        <Body transaction={data} />
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Loading />
      )}
    </Drawer>
  );
}

function Body({ transaction }: { transaction: LedgerTransaction }) {
  return (
    <>
      <Part title="Transaction">
        <Facts>
          <Fact name="Reference">
            <Id id={transaction.reference} full />
          </Fact>
          <Fact name="Posted">
            <Time at={transaction.posted_at} />
          </Fact>
          <Fact name="Mode">{transaction.mode}</Fact>
        </Facts>
      </Part>
      <Part title="Entries">
        <table className="w-full table-fixed text-sm">
          <thead className="sr-only">
            <tr>
              <th scope="col">Account</th>
              <th scope="col">Unit</th>
              <th scope="col">Amount</th>
            </tr>
          </thead>
          <tbody>
            {transaction.entries.map((entry) => (
              <tr key={`${entry.account} ${entry.unit} ${entry.amount}`} className="h-9 border-b border-line">
                <td className="truncate pl-5 font-mono text-xs">{entry.account}</td>
                <td className="w-20">
                  <Badge>{unitName(entry.unit)}</Badge>
                </td>
                <td className="w-36 pr-5 text-right">
                  <Amount amount={entry.amount} unit={entry.unit} signed />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {sumsOf(transaction.entries).map(({ unit, sum }) => (
          <p key={unit} className="flex items-center justify-end gap-2 px-5 pt-2 text-sm font-medium">
            {sum === 0 && <Check aria-hidden className="size-4 text-ok" />}
            <span className="num">Sum {formatUnit(sum, unit)}</span>
          </p>
        ))}
      </Part>
      <SealPart seal={transaction.seal} />
    </>
  );
}

/** The seal that covers it: from then on a change of it would be found. */
function SealPart({ seal }: { seal: LedgerTransaction["seal"] }) {
  const me = useMe();
  return (
    <Part title="Seal">
      {seal ? (
        <>
          <Facts>
            <Fact name="Number">
              {me.user.operator ? (
                <Link to="/seals" className="text-accent hover:underline">
                  {formatInteger(seal.number)}
                </Link>
              ) : (
                formatInteger(seal.number)
              )}
            </Fact>
            <Fact name="Sealed">
              <Time at={seal.sealed_at} />
            </Fact>
          </Facts>
          <div className="px-5 pt-2">
            <CodeBlock label="Hash of the seal" code={seal.hash} />
          </div>
        </>
      ) : (
        <p className="px-5 text-sm text-text-2">Not sealed yet: that happens at 00:30 UTC.</p>
      )}
    </Part>
  );
}
