import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { CreditCard, FileText, Gavel, Gift, type LucideIcon, Tags, Undo2 } from "lucide-react";
import { booksQueries } from "../../api/books.ts";
import { useList } from "../../api/queries.ts";
import type { Customer, Moment } from "../../api/types.ts";
import { formatInteger, formatUnit, humanize } from "../../lib/format.ts";
import { Id, Money, Time } from "../../ui/amounts.tsx";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Drawer } from "../../ui/dialog.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";
import { Failure, Notice } from "../../ui/states.tsx";
import { Loading } from "../payments/payment-drawer.tsx";
import { Flags } from "./customers-screen.tsx";

const route = getRouteApi("/app/customers/$orgId");

export function CustomerDrawer() {
  const { orgId } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(booksQueries.customer(orgId));
  return (
    <Drawer
      open
      onOpenChange={() => void navigate({ to: "/customers", search })}
      title={data?.customer.name ?? "Customer"}
      subtitle={<Id id={orgId} full />}
      actions={data && <Flags customer={data.customer} />}
    >
      {data ? (
        <>
          <About customer={data.customer} />
          <Timeline orgId={orgId} />
        </>
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Loading />
      )}
    </Drawer>
  );
}

function About({ customer }: { customer: Customer }) {
  const org = customer.org_id;
  return (
    <>
      {customer.flagged && (
        <div className="border-b border-line p-5">
          <Notice
            tone="bad"
            title={
              customer.open_disputes === 1
                ? "A dispute is open"
                : `${formatInteger(customer.open_disputes)} disputes are open`
            }
            action={
              <Link to="/disputes" search={{ org, show: "open" }} className={buttonClass("secondary", "sm")}>
                Open disputes
              </Link>
            }
          />
        </div>
      )}
      <Part title="Customer">
        <Facts>
          <Fact name="Since">
            <Time at={customer.created_at} />
          </Fact>
          <Fact name="Plan">
            {customer.plan_key
              ? `${humanize(customer.plan_key)}, ${humanize(customer.subscription_status ?? "").toLowerCase()}`
              : "none"}
          </Fact>
          <Fact name="Payments">{formatInteger(customer.payments)}</Fact>
          {customer.paid.map((sums) => (
            <Fact key={sums.currency} name={`Paid, ${sums.currency.toUpperCase()}`}>
              <Money minor={sums.paid_minor} currency={sums.currency} />
              {sums.refunded_minor > 0 && (
                <>
                  , refunded <Money minor={sums.refunded_minor} currency={sums.currency} />
                </>
              )}
              {sums.disputed_minor > 0 && (
                <>
                  , disputed <Money minor={sums.disputed_minor} currency={sums.currency} />
                </>
              )}
            </Fact>
          ))}
          {customer.suspended_at && (
            <Fact name="Suspended">
              <Time at={customer.suspended_at} />
            </Fact>
          )}
        </Facts>
        <div className="flex flex-wrap gap-2 px-5 pt-3">
          <Link to="/all-payments" search={{ org }} className={buttonClass("secondary", "sm")}>
            Payments
          </Link>
          <Link to="/adjustments" search={{ org, give: "1" }} className={buttonClass("secondary", "sm")}>
            Give or take…
          </Link>
        </div>
      </Part>
    </>
  );
}

const ICONS: Record<Moment["kind"], LucideIcon> = {
  payment: CreditCard,
  refund: Undo2,
  dispute: Gavel,
  invoice: FileText,
  subscription: Tags,
  grant: Gift,
};

/** All that happened to the customer's money, newest first. */
function Timeline({ orgId }: { orgId: string }) {
  const list = useList(booksQueries.moments(orgId));
  return (
    <Part title="Timeline">
      {list.error && !list.rows ? (
        <Failure error={list.error} onRetry={list.refetch} />
      ) : !list.rows ? (
        <Loading />
      ) : list.rows.length === 0 ? (
        <p className="px-5 text-sm text-text-2">Nothing happened yet.</p>
      ) : (
        <ol aria-label="Timeline" className="flex flex-col px-5">
          {list.rows.map((moment) => (
            <MomentLine key={`${moment.kind} ${moment.id}`} moment={moment} />
          ))}
        </ol>
      )}
      {list.more && (
        <div className="flex justify-center pt-2">
          <Button size="sm" variant="ghost" busy={list.more.busy} onClick={list.more.load}>
            Load more
          </Button>
        </div>
      )}
    </Part>
  );
}

function MomentLine({ moment }: { moment: Moment }) {
  const Icon = ICONS[moment.kind];
  return (
    <li className="relative flex gap-3 pb-4 last:pb-0 before:absolute before:top-7 before:bottom-0 before:left-3.25 before:w-px before:bg-line last:before:hidden">
      <span
        aria-hidden
        className="flex size-6.5 shrink-0 items-center justify-center rounded-full bg-sunken text-text-2"
      >
        <Icon className="size-3.5" />
      </span>
      <div className="min-w-0 flex-1 pt-0.5 text-sm">
        <p className="flex flex-wrap items-baseline justify-between gap-x-3">
          <span>
            <span className="font-medium">{humanize(moment.kind)}</span>{" "}
            <span className="text-text-2">{humanize(moment.status).toLowerCase()}</span>
          </span>
          {moment.amount !== null && moment.unit !== null && (
            <span className="num">
              {formatUnit(moment.amount, moment.unit)}
              {moment.unit === "credit" && " credits"}
            </span>
          )}
        </p>
        <p className="flex flex-wrap items-center gap-x-2 text-xs text-text-3">
          <Time at={moment.at} />
          {moment.detail && <span className="truncate">{humanize(moment.detail)}</span>}
          <Id id={moment.id} />
        </p>
      </div>
    </li>
  );
}
