import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { InstallationPayment } from "../../api/types.ts";
import { formatMoney } from "../../lib/format.ts";
import { Id, Money } from "../../ui/amounts.tsx";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Drawer } from "../../ui/dialog.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";
import { PaymentFacts } from "../payments/payment-facts.tsx";
import { PaymentStatus } from "../payments/payment-status.tsx";
import { RefundDialog } from "../refunds/refund-dialog.tsx";

/** A payment of any organization, with what an operator may do about it. */
export function AnyPaymentDrawer({
  payment,
  onOnly,
  onClose,
}: {
  payment: InstallationPayment;
  /** Shows this organization's payments only. */
  onOnly(): void;
  onClose(): void;
}) {
  const [refunding, setRefunding] = useState(false);
  const object = payment.intent_id ?? payment.session_id;
  return (
    <Drawer
      open
      onOpenChange={(open) => !open && onClose()}
      title={formatMoney(payment.amount_minor, payment.currency)}
      subtitle={<Id id={payment.id} full />}
      actions={<PaymentStatus status={payment.status} />}
    >
      <Part title="Organization">
        <Facts>
          <Fact name="Name">{payment.organization ?? "gone"}</Fact>
          <Fact name="Id">
            <Id id={payment.org_id} />
          </Fact>
        </Facts>
      </Part>
      <Part title="Payment">
        <PaymentFacts payment={payment} />
        <Facts>
          <Fact name="Can be refunded">
            <Money minor={payment.refundable_minor} currency={payment.currency} />
          </Fact>
        </Facts>
      </Part>
      <div className="flex flex-wrap gap-2 p-5">
        {payment.refundable_minor > 0 && (
          <Button size="sm" onClick={() => setRefunding(true)}>
            Refund…
          </Button>
        )}
        <Link
          to="/customers/$orgId"
          params={{ orgId: payment.org_id }}
          className={buttonClass("secondary", "sm")}
        >
          Customer
        </Link>
        <Button size="sm" onClick={onOnly}>
          Only this organization
        </Button>
        {object && (
          <Link to="/inbox" search={{ object }} className={buttonClass("secondary", "sm")}>
            Webhook events
          </Link>
        )}
      </div>
      <RefundDialog open={refunding} onOpenChange={setRefunding} payment={payment} />
    </Drawer>
  );
}
