import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { queries } from "../../api/queries.ts";
import type { Payment, PaymentDetail } from "../../api/types.ts";
import { useMe } from "../../shell/session.tsx";
import { formatMoney } from "../../lib/format.ts";
import { Id } from "../../ui/amounts.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { Drawer } from "../../ui/dialog.tsx";
import { Part } from "../../ui/facts.tsx";
import { MomentList } from "../../ui/moments.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { PaymentFacts } from "./payment-facts.tsx";
import { PaymentStatus } from "./payment-status.tsx";

const route = getRouteApi("/app/payments/$paymentId");

/** Without a page of the company's, it goes on at ours. */
const WAITS = new Set<Payment["status"]>(["requires_payment_method", "requires_action"]);

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

function Body({ payment }: { payment: PaymentDetail }) {
  const me = useMe();
  const object = payment.intent_id ?? payment.session_id;
  return (
    <>
      <Part title="Payment">
        <PaymentFacts payment={payment} />
      </Part>
      <Part title="Timeline">
        <MomentList
          of={payment.id}
          moments={payment.timeline.map(({ amount_minor: amount, ...step }) => ({
            ...step,
            amount,
            unit: payment.currency,
          }))}
        />
      </Part>
      <div className="flex flex-wrap gap-2 p-5">
        {payment.checkout_url && (
          <a href={payment.checkout_url} className={buttonClass("primary", "sm")}>
            Go on paying
          </a>
        )}
        {payment.session_id === null && WAITS.has(payment.status) && (
          <Link
            to="/pay/$paymentId"
            params={{ paymentId: payment.id }}
            className={buttonClass("primary", "sm")}
          >
            Go on paying
          </Link>
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
