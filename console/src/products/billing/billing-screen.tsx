import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "../../api/operations.ts";
import { queries } from "../../api/queries.ts";
import type { PlanUsage, Subscription } from "../../api/types.ts";
import { formatCredits, formatDate, formatInteger, formatMoney } from "../../lib/format.ts";
import { useIntent } from "../../lib/intent.ts";
import { Credits } from "../../ui/amounts.tsx";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Card, CardHead, Stat, Stats } from "../../ui/card.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { Fact, Facts } from "../../ui/facts.tsx";
import { Page } from "../../ui/page.tsx";
import { Awaited, Failure, Notice, Skeleton } from "../../ui/states.tsx";
import { OpenPlan } from "./open-plan.tsx";
import { SubscriptionStatus } from "./subscription-status.tsx";

export function BillingScreen() {
  const current = useQuery(queries.subscription());
  const usage = useQuery(queries.planUsage());
  return (
    <Page
      title="Billing"
      about="The plan of the organization, and what it is charged next."
      actions={
        <Link to="/plans" className={buttonClass("primary")}>
          See plans
        </Link>
      }
    >
      {current.error && !current.data ? (
        <Card>
          <Failure error={current.error} onRetry={() => void current.refetch()} />
        </Card>
      ) : current.data ? (
        <>
          <Banner subscription={current.data} />
          <PlanCard subscription={current.data} />
        </>
      ) : (
        <Skeleton className="h-56 w-full rounded-xl" />
      )}
      <UsageStats usage={usage.data} failed={usage.isError} />
    </Page>
  );
}

/** What needs the owner's attention, if anything does. */
function Banner({ subscription }: { subscription: Subscription }) {
  const { access, grace, next_action, status } = subscription;
  const invoices = (
    <Link to="/invoices" className="font-medium underline">
      See the invoice
    </Link>
  );
  const pay = subscription.provider === "paypal" ? <PayOwed /> : invoices;
  if (status === "incomplete" || status === "creating") return <OpenPlan subscription={subscription} />;
  if (access === "grace" && grace)
    return (
      <Notice tone="warn" title="The last payment failed">
        {grace.failed_payments} of {grace.max_failed_payments} tries failed. The plan goes on until{" "}
        {formatDate(grace.until)}. {pay}
      </Notice>
    );
  if (status === "suspended")
    return (
      <Notice tone="bad" title="The plan is suspended">
        Payments failed too often. Nothing was deleted, and paying restores the plan at once. {pay}
      </Notice>
    );
  if (next_action)
    return (
      <Notice tone="info" title="A change of plan waits for you">
        It counts once it is paid for, and by PayPal agreed to on its page.{" "}
        <a href={next_action.url} className="font-medium underline">
          Go on with it
        </a>
      </Notice>
    );
  return null;
}

/** Where the company leaves it to us to take what is owed. */
function PayOwed() {
  const client = useQueryClient();
  const intent = useIntent();
  const pay = useMutation({
    mutationFn: () => api.reactivateSubscription(intent.keyFor("pay")),
    onSettled: () => {
      intent.done();
      return client.invalidateQueries({ queryKey: ["subscription"] });
    },
  });
  return (
    <span className="mt-2 flex flex-wrap items-center gap-3">
      <Button busy={pay.isPending} onClick={() => pay.mutate()}>
        Pay now
      </Button>
      {pay.error && <span role="alert">PayPal could not take the payment.</span>}
    </span>
  );
}

function PlanCard({ subscription }: { subscription: Subscription }) {
  const { current_period: period, plan } = subscription;
  const day = (at: string | null | undefined) => (at ? formatDate(at) : "Never");
  const live = subscription.access !== "free";
  const amount =
    subscription.amount_minor !== null && subscription.currency
      ? formatMoney(subscription.amount_minor, subscription.currency)
      : null;
  // What ends with its period becomes nothing else.
  const next = subscription.cancel_at_period_end ? null : subscription.scheduled_change;
  const plans = useQuery({ ...queries.plans(), enabled: next !== null });
  const nextName = plans.data?.data.find(({ key }) => key === next?.plan_key)?.name ?? next?.plan_key;
  return (
    <Card>
      <CardHead
        title={plan.name}
        note={`${formatCredits(plan.credits_micros)} credits a month, ${formatInteger(plan.limits.seats)} seats`}
        actions={<SubscriptionStatus status={subscription.status} />}
      />
      <Facts>
        {live && amount && (
          <Fact name="Price">
            {subscription.provider === "none" ? "A gift" : `${amount} a ${subscription.interval}`}
          </Fact>
        )}
        {subscription.trial_ends_at && subscription.status === "trialing" && (
          <Fact name="Trial ends">{day(subscription.trial_ends_at)}</Fact>
        )}
        {live && period && (
          <Fact name={subscription.cancel_at_period_end || !amount ? "Ends" : "Next charge"}>
            {day(period.end)}
          </Fact>
        )}
        {next && (
          <Fact name="Then">
            {nextName}
            {next.interval === subscription.interval ? "" : `, by the ${next.interval},`} from{" "}
            {day(next.effective_at)}
          </Fact>
        )}
        {!live && <Fact name="Price">Nothing</Fact>}
      </Facts>
      <EndActions subscription={subscription} />
    </Card>
  );
}

function EndActions({ subscription }: { subscription: Subscription }) {
  const client = useQueryClient();
  const intent = useIntent();
  const [asking, setAsking] = useState(false);
  const end = subscription.current_period?.end;
  const done = () => {
    intent.done();
    return client.invalidateQueries({ queryKey: ["subscription"] });
  };
  const reactivate = useMutation({
    mutationFn: () => api.reactivateSubscription(intent.keyFor("reactivate")),
    onSuccess: done,
  });
  if (subscription.provider === "none" || subscription.access === "free") return null;
  return (
    <div className="flex flex-wrap items-center gap-3 border-t border-line px-5 py-3">
      {subscription.cancel_at_period_end ? (
        <Button busy={reactivate.isPending} onClick={() => reactivate.mutate()}>
          Keep the plan
        </Button>
      ) : (
        <Button variant="danger" onClick={() => setAsking(true)}>
          Cancel the plan
        </Button>
      )}
      {reactivate.error && <Failure error={reactivate.error} />}
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title="Cancel the plan"
        action="Cancel the plan"
        dismiss="Keep it"
        danger
        onConfirm={async () => {
          await api.cancelSubscription(intent.keyFor("cancel"));
          await done();
        }}
      >
        It goes on until {end ? formatDate(end) : "the period ends"}, and then becomes the free plan. You can
        take that back until then.
      </Confirm>
    </div>
  );
}

function UsageStats({ usage, failed }: { usage: PlanUsage | undefined; failed: boolean }) {
  const wait = <Awaited failed={failed} className="mt-1 h-6 w-24" />;
  const credits = usage?.credits;
  return (
    <Stats>
      <Stat
        label="Granted this month"
        value={credits ? <Credits micros={credits.granted_micros} /> : wait}
        note={usage ? `Until ${formatDate(usage.period.end)}` : " "}
      />
      <Stat label="Used this month" value={credits ? <Credits micros={credits.used_micros} /> : wait} />
      <Stat
        label="Available"
        value={credits ? <Credits micros={credits.available_micros} /> : wait}
        note={credits ? `${formatCredits(credits.expiring_micros)} end within 7 days` : " "}
      />
      <Stat
        label="Seats"
        value={
          usage
            ? `${formatInteger(usage.limits.seats.used)} of ${formatInteger(usage.limits.seats.limit)}`
            : wait
        }
      />
    </Stats>
  );
}
