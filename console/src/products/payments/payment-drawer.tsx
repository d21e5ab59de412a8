import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { queries } from "../../api/queries.ts";
import type { Payment } from "../../api/types.ts";
import { useMe } from "../../shell/session.tsx";
import { companyName } from "../../lib/company.ts";
import { formatMoney, humanize } from "../../lib/format.ts";
import { Credits, Id, Money, Time } from "../../ui/amounts.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { Drawer } from "../../ui/dialog.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { PaymentStatus } from "./payment-status.tsx";

const route = getRouteApi("/app/payments/$paymentId");

export function PaymentDrawer() {
  const { paymentId } = route.useParams();
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(queries.payment(paymentId));
  return (
    <Drawer
      open
      onOpenChange={() => void navigate({ to: "/payments" })}
      title={data ? formatMoney(data.amount_minor, data.currency) : "Payment"}
      subtitle={<Id id={paymentId} full />}
      actions={data && <PaymentStatus status={data.status} />}
    >
      {data ? (
        <Body payment={data} />
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Loading />
      )}
    </Drawer>
  );
}

function Body({ payment }: { payment: Payment }) {
  const me = useMe();
  const object = payment.intent_id ?? payment.session_id;
  return (
    <>
      <Part title="Payment">
        <Facts>
          <Fact name="Amount">
            <Money minor={payment.amount_minor} currency={payment.currency} />
          </Fact>
          <Fact name="For">{humanize(payment.pack_key ?? payment.purpose)}</Fact>
          <Fact name="Credits">
            <Credits micros={payment.credits_micros} unit />
          </Fact>
          <Fact name="Paid with">{companyName(payment.provider)}</Fact>
          {payment.provider === "paypal" && payment.session_id && (
            <Fact name="Order">
              <Id id={payment.session_id} />
            </Fact>
          )}
          <Fact name="Created">
            <Time at={payment.created_at} />
          </Fact>
          <Fact name="Paid">
            <Time at={payment.paid_at} />
          </Fact>
          {payment.refunded_minor > 0 && (
            <Fact name="Refunded">
              <Money minor={payment.refunded_minor} currency={payment.currency} />
            </Fact>
          )}
          {payment.fee_minor !== null && (
            <Fact name={`${companyName(payment.provider)}'s fee`}>
              <Money minor={payment.fee_minor} currency={payment.currency} />
            </Fact>
          )}
          {payment.intent_id && (
            <Fact name="Payment intent">
              <Id id={payment.intent_id} />
            </Fact>
          )}
          {payment.failure_code && (
            <Fact name="Declined">
              <span className="text-bad">{humanize(payment.failure_code)}</span>
            </Fact>
          )}
        </Facts>
      </Part>
      <div className="flex flex-wrap gap-2 p-5">
        {payment.checkout_url && (
          <a href={payment.checkout_url} className={buttonClass("primary", "sm")}>
            Go on paying
          </a>
        )}
        <Link to="/ledger" className={buttonClass("secondary", "sm")}>
          Ledger
        </Link>
        {me.user.operator && object && (
          <Link to="/inbox" search={{ object }} className={buttonClass("secondary", "sm")}>
            Webhook events
          </Link>
        )}
      </div>
    </>
  );
}

export function Loading() {
  return (
    <output aria-label="Loading" className="flex flex-col gap-3 p-5">
      {[0, 1, 2, 3, 4].map((line) => (
        <Skeleton key={line} className="h-4 w-full" />
      ))}
    </output>
  );
}
