import type { Payment } from "../../api/types.ts";
import { companyName } from "../../lib/company.ts";
import { humanize } from "../../lib/format.ts";
import { Credits, Id, Money, Time } from "../../ui/amounts.tsx";
import { Fact, Facts } from "../../ui/facts.tsx";

/** What is known of a payment, whoever looks. */
export function PaymentFacts({ payment }: { payment: Payment }) {
  return (
    <Facts>
      <Fact name="Amount">
        <Money minor={payment.amount_minor} currency={payment.currency} />
      </Fact>
      {payment.tax_minor > 0 && (
        <Fact name="Of it tax">
          <Money minor={payment.tax_minor} currency={payment.currency} />
        </Fact>
      )}
      <Fact name="For">{humanize(payment.pack_key ?? payment.purpose)}</Fact>
      {payment.credits_micros > 0 && (
        <Fact name="Credits">
          <Credits micros={payment.credits_micros} unit />
        </Fact>
      )}
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
  );
}
