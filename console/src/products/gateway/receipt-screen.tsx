import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ReceiptText } from "lucide-react";
import { ApiError, messageOf } from "../../api/problem.ts";
import { tokenQueries } from "../../api/tokens.ts";
import type { Receipt } from "../../api/types.ts";
import { formatCredits, formatInteger, humanize } from "../../lib/format.ts";
import { atLeast, useMe } from "../../shell/session.tsx";
import { Credits, Id, Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { Fact, Facts } from "../../ui/facts.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, Skeleton } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";

const route = getRouteApi("/app/receipts/$requestId");
type Paper = Receipt["receipt"];

const COST_FROM = {
  table: "What the lines add up to",
  provider: "The provider's own figure, with the markup on top",
  cache: "A share of what the answer cost when it was first given",
  nothing: "Nothing was charged",
} as const;

/** Sound is counted in milliseconds and paid by the second. */
const quantityOf = ({ line, quantity }: Paper["lines"][number]): string =>
  line === "audio_second" ? `${quantity / 1_000} s` : formatInteger(quantity);

const titleOf = (error: unknown): string =>
  error instanceof ApiError && error.code === "not_settled" ? "This call still runs" : messageOf(error);

/** What one call cost and why, signed. */
export function ReceiptScreen() {
  const { requestId } = route.useParams();
  const receipt = useQuery(tokenQueries.receipt(requestId));
  const { data, error } = receipt;
  return (
    <Page
      title="Receipt"
      about="What a call cost and why, down to the micro-credit. It can be checked offline."
    >
      {data ? (
        <Shown signed={data} />
      ) : error ? (
        <Card>
          <Empty
            icon={<ReceiptText className="size-5" />}
            title={titleOf(error)}
            action={<Button onClick={() => void receipt.refetch()}>Try again</Button>}
          />
        </Card>
      ) : (
        <Skeleton className="h-64 w-full rounded-xl" />
      )}
    </Page>
  );
}

const still = { error: null, refetch: () => undefined };

function Shown({ signed }: { signed: Receipt }) {
  const { receipt } = signed;
  return (
    <>
      <Card>
        <CardHead
          title={<code className="font-mono text-xs">{receipt.model}</code>}
          note={<Time at={receipt.created_at} />}
          actions={
            <Badge tone={receipt.outcome === "ok" ? "ok" : "neutral"}>
              {humanize(receipt.outcome ?? "")}
            </Badge>
          }
        />
        <CallFacts receipt={receipt} />
      </Card>
      <Card>
        <CardHead
          title="Lines"
          note={`Prices of ${receipt.price_version}, in USD; each token is in one line`}
        />
        <Table
          label="Lines of the receipt"
          columns={lineColumns}
          list={{ rows: receipt.lines, ...still }}
          rowKey={(row) => row.line}
          skeletonRows={1}
          empty={<Empty icon={<ReceiptText className="size-5" />} title="Nothing was used" />}
        />
      </Card>
      <Card>
        <CardHead title="Attempts" note="A correction holds the difference" />
        <Table
          label="Attempts of the call"
          columns={attemptColumns}
          list={{ rows: receipt.attempts, ...still }}
          rowKey={(row) => row.id}
          skeletonRows={1}
          empty={<Empty icon={<ReceiptText className="size-5" />} title="No attempt was made" />}
        />
      </Card>
      <Card>
        <CardHead
          title="Signature"
          note={`Ed25519, key ${signed.key_version}. Save this and run bin/verify-receipt receipt.json --key key.pem`}
        />
        <div className="p-4">
          <CodeBlock label="The signed receipt" code={JSON.stringify(signed, null, 2)} wraps />
        </div>
      </Card>
    </>
  );
}

function CallFacts({ receipt }: { receipt: Paper }) {
  const me = useMe();
  return (
    <Facts>
      <Fact name="Request">
        <Id id={receipt.request_id} />
      </Fact>
      <Fact name="Provider">{receipt.provider}</Fact>
      {receipt.project_id && <Fact name="Project">{receipt.project_id}</Fact>}
      <Fact name="Cost">
        <span className="num">{receipt.cost_usd} USD</span>{" "}
        <span className="text-text-3">{COST_FROM[receipt.cost_from]}</span>
      </Fact>
      {receipt.provider_usd !== null && (
        <Fact name="Provider's figure">
          <span className="num">{receipt.provider_usd} USD</span>
        </Fact>
      )}
      <Fact name="Markup">
        <span className="num">{receipt.markup_percent} %</span>{" "}
        <span className="text-text-3">in every price below</span>
      </Fact>
      {receipt.tier !== null && <Fact name="Prices of">{receipt.tier}</Fact>}
      <Fact name="Paid">
        <Credits micros={receipt.cost_micros} unit />
      </Fact>
      <Fact name="Held before">
        <Credits micros={receipt.hold.amount_micros} unit />
      </Fact>
      {receipt.compression && (
        <Fact name="Prompt shortened">
          <span className="num">
            {formatInteger(receipt.compression.tokens_before)} to{" "}
            {formatInteger(receipt.compression.tokens_after)} tokens
          </span>
        </Fact>
      )}
      {receipt.compression && (
        <Fact name="Saved by that">
          <Credits micros={receipt.compression.net_saving_micros} unit />{" "}
          {receipt.compression.summary_cost_micros > 0 && (
            <span className="text-text-3">
              a summary of {formatCredits(receipt.compression.summary_cost_micros)} paid
            </span>
          )}
        </Fact>
      )}
      <Fact name="Known by">{humanize(receipt.basis ?? "none")}</Fact>
      <Fact name="Ledger">
        {receipt.txn_id === null ? (
          "Nothing moved"
        ) : atLeast(me, "owner") ? (
          <Link to="/ledger/$transactionId" params={{ transactionId: receipt.txn_id }} className="underline">
            {receipt.txn_id}
          </Link>
        ) : (
          receipt.txn_id
        )}
      </Fact>
    </Facts>
  );
}

const lineColumns: Column<Paper["lines"][number]>[] = [
  {
    key: "line",
    header: "Line",
    cell: (row) => <span className="whitespace-normal">{humanize(row.line)}</span>,
  },
  {
    key: "quantity",
    header: "Quantity",
    width: "6rem",
    align: "right",
    cell: (row) => quantityOf(row),
  },
  { key: "price", header: "Price", width: "9rem", align: "right", from: "sm", cell: (row) => row.price_usd },
  { key: "amount", header: "USD", width: "7.5rem", align: "right", cell: (row) => row.amount_usd },
];

const attemptColumns: Column<Paper["attempts"][number]>[] = [
  { key: "basis", header: "Known by", cell: (row) => humanize(row.basis) },
  {
    key: "tokens",
    header: "In / out",
    width: "6rem",
    align: "right",
    cell: (row) => `${formatInteger(row.input_tokens)} / ${formatInteger(row.output_tokens)}`,
  },
  { key: "outcome", header: "Outcome", width: "9rem", from: "sm", cell: (row) => humanize(row.outcome) },
  { key: "cost", header: "USD", width: "7.5rem", align: "right", cell: (row) => row.cost_usd },
];
