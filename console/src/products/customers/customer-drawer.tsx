import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { booksQueries } from "../../api/books.ts";
import { useList } from "../../api/queries.ts";
import type { Customer } from "../../api/types.ts";
import { formatInteger, humanize } from "../../lib/format.ts";
import { Id, Money, Time } from "../../ui/amounts.tsx";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Drawer } from "../../ui/dialog.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";
import { MomentList } from "../../ui/moments.tsx";
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
        <MomentList moments={list.rows} />
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
