import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Gauge } from "lucide-react";
import { useState } from "react";
import { tokenQueries } from "../../api/tokens.ts";
import type { LimitRule, LimitStanding, TokenLimits } from "../../api/types.ts";
import { formatCredits, formatExact, formatInteger, humanize } from "../../lib/format.ts";
import { atLeast, useMe } from "../../shell/session.tsx";
import { Credits, Id } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { cx } from "../../ui/class-names.ts";
import { Page } from "../../ui/page.tsx";
import { Empty, Skeleton } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { LimitsDialog } from "./limits-dialog.tsx";

const SUBJECTS = { org: "The organization", user: "You", key: "The key" } as const;
const NEARLY = 0.8;

/** What bounds model calls and what they spend, and how much of it is used. */
export function CallLimitsScreen() {
  const me = useMe();
  const limits = useQuery(tokenQueries.limits());
  const [setting, setSetting] = useState(false);
  const admin = atLeast(me, "admin");
  const { data } = limits;
  return (
    <Page
      title="Keys and limits"
      about={
        <>
          What model calls may do in a minute, at once, and spend. The limits of each key stand with{" "}
          <Link to="/api-keys" className="underline">
            the key
          </Link>
          .
        </>
      }
      actions={
        admin && (
          <Button variant="primary" disabled={!data} onClick={() => setSetting(true)}>
            Set limits
          </Button>
        )
      }
    >
      {data ? (
        data.data.map((standing) => (
          <StandingCard key={standing.subject.id} standing={standing} plan={data.plan} />
        ))
      ) : limits.error ? (
        <Card>
          <Empty
            icon={<Gauge className="size-5" />}
            title="The limits could not be read"
            action={<Button onClick={() => void limits.refetch()}>Try again</Button>}
          />
        </Card>
      ) : (
        <Skeleton className="h-48 w-full rounded-xl" />
      )}
      {admin && data && <RulesCard limits={data} />}
      {setting && data && <LimitsDialog limits={data} onClose={() => setSetting(false)} />}
    </Page>
  );
}

function StandingCard({ standing, plan }: { standing: LimitStanding; plan: TokenLimits["plan"] }) {
  const { subject, used, resets_at: resets, tightest } = standing;
  const rows = [
    { name: "rpm", label: "Calls in the last minute", used: used.rpm, limit: standing.rpm },
    { name: "tpm", label: "Tokens in the last minute", used: used.tpm, limit: standing.tpm },
    { name: "concurrency", label: "Calls running now", used: used.concurrency, limit: standing.concurrency },
  ];
  const budgets = [
    {
      name: "budget_daily_micros" as const,
      label: "Credits today",
      used: used.budget_daily_micros,
      limit: standing.budget_daily_micros,
    },
    {
      name: "budget_monthly_micros" as const,
      label: "Credits this month",
      used: used.budget_monthly_micros,
      limit: standing.budget_monthly_micros,
    },
  ];
  return (
    <Card>
      <CardHead
        title={SUBJECTS[subject.type]}
        note={
          subject.type === "org"
            ? `Where nothing is set, the plan ${humanize(plan.key)} counts`
            : "Beside the organization's limits"
        }
      />
      <ul className="grid gap-x-8 gap-y-4 p-4 sm:grid-cols-2 lg:grid-cols-3">
        {rows.map((row) => (
          <Meter key={row.name} {...row} format={formatInteger} tight={row.name === tightest} />
        ))}
        {budgets.map((row) => (
          <Meter
            key={row.name}
            {...row}
            format={formatCredits}
            tight={row.name === tightest}
            note={row.limit === null ? undefined : `Anew ${formatExact(resets[row.name])}`}
          />
        ))}
        <li>
          <p className="text-xs text-text-2">Held by what runs</p>
          <p className="mt-1 text-sm font-medium">
            <Credits micros={standing.held_micros} unit />
          </p>
        </li>
      </ul>
    </Card>
  );
}

type MeterProps = {
  label: string;
  used: number;
  limit: number | null;
  format(value: number): string;
  tight: boolean;
  note?: string | undefined;
};

function Meter({ label, used, limit, format, tight, note }: MeterProps) {
  const share = limit === null ? 0 : limit === 0 ? 1 : Math.min(1, used / limit);
  return (
    <li>
      <p className="flex items-center justify-between gap-2 text-xs text-text-2">
        {label}
        {tight && share > 0 && <Badge tone={share >= NEARLY ? "warn" : "neutral"}>Tightest</Badge>}
      </p>
      <p className="num mt-1 text-sm font-medium">
        {format(used)} <span className="text-text-3">of {limit === null ? "no limit" : format(limit)}</span>
      </p>
      {limit !== null && (
        <div aria-hidden className="mt-1.5 h-1.5 overflow-hidden rounded-full bg-sunken">
          <div
            className={cx(
              "h-full rounded-full",
              share >= 1 ? "bg-bad" : share >= NEARLY ? "bg-warn" : "bg-accent",
            )}
            style={{ width: `${share * 100}%` }}
          />
        </div>
      )}
      {note && <p className="mt-1 text-xs text-text-3">{note}</p>}
    </li>
  );
}

const count = (value: number | null) => (value === null ? "–" : formatInteger(value));
const credits = (micros: number | null) => (micros === null ? "–" : <Credits micros={micros} />);

const columns: Column<LimitRule>[] = [
  {
    key: "subject",
    header: "Whose",
    cell: (row) => (row.subject_type === "org" ? "Everyone" : <Id id={row.subject_id} />),
  },
  { key: "rpm", header: "A minute", width: "5rem", align: "right", cell: (row) => count(row.rpm) },
  { key: "tpm", header: "Tokens", width: "7rem", align: "right", from: "sm", cell: (row) => count(row.tpm) },
  {
    key: "concurrency",
    header: "At once",
    width: "5rem",
    align: "right",
    from: "md",
    cell: (row) => count(row.concurrency),
  },
  {
    key: "daily",
    header: "Credits a day",
    width: "8rem",
    align: "right",
    from: "sm",
    cell: (row) => credits(row.budget_daily_micros),
  },
  {
    key: "monthly",
    header: "A month",
    width: "6rem",
    align: "right",
    cell: (row) => credits(row.budget_monthly_micros),
  },
];

function RulesCard({ limits }: { limits: TokenLimits }) {
  return (
    <Card>
      <CardHead title="What is set" note="For the organization and for persons in it" />
      <Table
        label="Limits that are set"
        columns={columns}
        list={{ rows: limits.rules, error: null, refetch: () => undefined }}
        rowKey={(row) => row.subject_id}
        skeletonRows={1}
        empty={<Empty icon={<Gauge className="size-5" />} title="Nothing is set: the plan's limits count" />}
      />
    </Card>
  );
}
