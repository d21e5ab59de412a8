import { Link as LinkIcon, Stamp } from "lucide-react";
import { useState } from "react";
import { booksQueries } from "../../api/books.ts";
import { useList } from "../../api/queries.ts";
import type { LedgerSeal } from "../../api/types.ts";
import { formatExact, formatInteger } from "../../lib/format.ts";
import { Id, Time } from "../../ui/amounts.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Drawer } from "../../ui/dialog.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { CheckCard } from "./check-card.tsx";
import { VerifyCard } from "./verify-card.tsx";

const columns: Column<LedgerSeal>[] = [
  {
    key: "number",
    header: "Seal",
    width: "6rem",
    cell: (row) => (
      <Stacked note={<Time at={row.sealed_at} />}>
        <span className="num font-medium">{formatInteger(row.number)}</span>
      </Stacked>
    ),
  },
  { key: "hash", header: "Hash", cell: (row) => <Id id={row.hash} /> },
  {
    key: "transactions",
    header: "Transactions",
    width: "7rem",
    align: "right",
    cell: (row) => formatInteger(row.transaction_count),
  },
  {
    key: "entries",
    header: "Entries",
    width: "6rem",
    align: "right",
    from: "sm",
    cell: (row) => formatInteger(row.entry_count),
  },
  {
    key: "before",
    header: "Posted before",
    width: "11rem",
    align: "right",
    from: "md",
    cell: (row) => formatExact(row.sealed_before),
  },
  {
    key: "sealed",
    header: "Sealed",
    width: "7rem",
    align: "right",
    from: "sm",
    cell: (row) => <Time at={row.sealed_at} />,
  },
];

/** The chain over all books, its proof, and what the last night's check found. */
export function SealsScreen() {
  const list = useList(booksQueries.seals());
  const [shown, setShown] = useState<LedgerSeal | null>(null);
  return (
    <Page
      title="Seals"
      about="Each night everything that was posted is sealed into a chain over all books: an entry that is changed later no longer fits."
    >
      <CheckCard />
      <VerifyCard />
      <Card>
        <CardHead title="Chain" note="At 00:30 UTC" />
        <Table
          label="Seals"
          columns={columns}
          list={list}
          rowKey={(row) => String(row.number)}
          skeletonRows={4}
          renderLink={(row, className) => (
            <button
              type="button"
              className={className}
              aria-label={`Open seal ${row.number}`}
              onClick={() => setShown(row)}
            />
          )}
          empty={
            <Empty icon={<Stamp className="size-5" />} title="No seals yet">
              The first is made at 00:30 UTC.
            </Empty>
          }
        />
      </Card>
      {shown && <SealDrawer seal={shown} onClose={() => setShown(null)} />}
    </Page>
  );
}

function SealDrawer({ seal, onClose }: { seal: LedgerSeal; onClose(): void }) {
  return (
    <Drawer open onOpenChange={(open) => !open && onClose()} title={`Seal ${formatInteger(seal.number)}`}>
      <Part title="Seal">
        <Facts>
          <Fact name="Posted before">{formatExact(seal.sealed_before)}</Fact>
          <Fact name="Sealed">{formatExact(seal.sealed_at)}</Fact>
          <Fact name="Transactions">{formatInteger(seal.transaction_count)}</Fact>
          <Fact name="Entries">{formatInteger(seal.entry_count)}</Fact>
        </Facts>
      </Part>
      <Part title="Hash">
        <div className="px-5">
          <CodeBlock label="Hash" code={seal.hash} />
        </div>
      </Part>
      <Part title="Of the seal before">
        <div className="flex flex-col gap-2 px-5">
          <CodeBlock label="Hash of the seal before" code={seal.previous_hash} />
          <p className="flex items-center gap-1.5 text-xs text-text-3">
            <LinkIcon aria-hidden className="size-3.5" />
            It is part of what this seal is made from.
          </p>
        </div>
      </Part>
    </Drawer>
  );
}
