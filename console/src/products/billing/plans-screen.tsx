import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Check, Minus } from "lucide-react";
import { useState } from "react";
import { api } from "../../api/operations.ts";
import { ApiError } from "../../api/problem.ts";
import { llmQueries } from "../../api/llm.ts";
import { queries } from "../../api/queries.ts";
import type { Plan, Plans, Subscription } from "../../api/types.ts";
import { companyName, type Company } from "../../lib/company.ts";
import { formatCredits, formatInteger, formatMoney } from "../../lib/format.ts";
import { useIntent } from "../../lib/intent.ts";
import { atLeast, useMe } from "../../shell/session.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { FilterField, FilterSelect } from "../../ui/field.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Page } from "../../ui/page.tsx";
import { Failure, Notice, Skeleton } from "../../ui/states.tsx";
import { ChangeDialog } from "./change-dialog.tsx";
import { methodName } from "./method-name.ts";
import { OpenPlan } from "./open-plan.tsx";

type Interval = "month" | "year";
/** Who takes the money, a code that makes it less, a card that is kept; empty: none. */
type By = { company: Company; promo: string; methodId: string };

export function PlansScreen() {
  const plans = useQuery(queries.plans());
  const current = useQuery(queries.subscription());
  const [interval, setInterval] = useState<Interval>("month");
  const [by, setBy] = useState<By>({ company: "stripe", promo: "", methodId: "" });
  return (
    <Page title="Plans" about="What each plan includes. A change is shown to the cent before it is made.">
      <div className="flex flex-wrap gap-3">
        <FilterTabs<Interval>
          label="Paid"
          value={interval}
          options={[
            { value: "month", label: "Monthly" },
            { value: "year", label: "Yearly" },
          ]}
          onChange={setInterval}
        />
        {current.data?.access === "free" && current.data.status !== "incomplete" && (
          <Choices companies={plans.data?.providers ?? []} by={by} onChange={setBy} />
        )}
      </div>
      {current.data && <OpenPlan subscription={current.data} />}
      {plans.error && !plans.data ? (
        <Card>
          <Failure error={plans.error} onRetry={() => void plans.refetch()} />
        </Card>
      ) : plans.data && current.data ? (
        <div className="grid gap-4 lg:grid-cols-3">
          {plans.data.data.map((plan, at) => (
            <PlanCard
              key={plan.key}
              plan={plan}
              features={plans.data.features.map(({ name, values }) => ({ name, value: values[at] ?? false }))}
              interval={interval}
              by={by.company === "stripe" ? by : { ...by, promo: "", methodId: "" }}
              current={current.data}
            />
          ))}
        </div>
      ) : (
        <Skeleton className="h-80 w-full rounded-xl" />
      )}
    </Page>
  );
}

/** How whoever has no plan yet would pay for one. */
function Choices({
  companies,
  by,
  onChange,
}: {
  companies: readonly Company[];
  by: By;
  onChange(by: By): void;
}) {
  const mayPay = atLeast(useMe(), "owner");
  const methods = useQuery({ ...queries.paymentMethods(), enabled: mayPay });
  const cards = methods.data?.data.filter(({ provider }) => provider === "stripe") ?? [];
  return (
    <>
      {companies.length > 1 && (
        <FilterTabs<Company>
          label="Paid by"
          value={by.company}
          options={companies.map((value) => ({ value, label: companyName(value) }))}
          onChange={(company) => onChange({ ...by, company })}
        />
      )}
      {by.company === "stripe" && cards.length > 0 && (
        <FilterSelect
          label="Charged to"
          value={by.methodId}
          onChange={(event) => onChange({ ...by, methodId: event.currentTarget.value })}
        >
          <option value="">A card given at checkout</option>
          {cards.map((card) => (
            <option key={card.id} value={card.id}>
              {methodName(card)}
            </option>
          ))}
        </FilterSelect>
      )}
      {by.company === "stripe" && mayPay && (
        <FilterField
          label="Promotion code"
          placeholder="Promotion code"
          maxLength={40}
          value={by.promo}
          onChange={(event) => onChange({ ...by, promo: event.currentTarget.value.trim() })}
        />
      )}
    </>
  );
}

type Feature = { name: Plans["features"][number]["name"]; value: boolean | string };

function PlanCard({
  plan,
  features,
  interval,
  by,
  current,
}: {
  plan: Plan;
  features: Feature[];
  interval: Interval;
  by: By;
  current: Subscription;
}) {
  const price = plan.prices.find((each) => each.interval === interval);
  const isFree = plan.prices.length === 0;
  const isWaiting = current.status === "incomplete" && plan.key === current.subscribed_plan;
  const isMine =
    plan.key === (current.access === "free" ? null : current.subscribed_plan) ||
    (isFree && current.access === "free");
  return (
    <Card className="flex flex-col gap-4 p-5" aria-label={plan.name}>
      <header className="flex items-center gap-2">
        <h2 className="flex-1 text-base font-semibold">{plan.name}</h2>
        {isMine && <Badge tone="accent">Your plan</Badge>}
        {isWaiting && <Badge tone="warn">Not paid yet</Badge>}
      </header>
      <p className="num text-2xl font-semibold tracking-tight">
        {price ? formatMoney(price.amount_minor, price.currency) : isFree ? "Free" : "—"}
        {price && <span className="text-sm font-normal text-text-2"> a {interval}</span>}
      </p>
      <ul className="flex flex-1 flex-col gap-2 text-sm">
        <Line value>{formatCredits(plan.credits_micros)} credits a month</Line>
        <Line value>{formatInteger(plan.limits.seats)} seats</Line>
        {plan.limits.rpm !== null && <Line value>{formatInteger(plan.limits.rpm)} model calls a minute</Line>}
        <Markup plan={plan.key} />
        {features.map(({ name, value }) => (
          <Line key={name} value={value !== false}>
            {name}
            {typeof value === "string" && <span className="text-text-2">: {value}</span>}
          </Line>
        ))}
      </ul>
      {price && <PlanAction plan={plan} interval={interval} by={by} current={current} />}
    </Card>
  );
}

/** What the plan's prices of model calls hold on top of what providers ask. Nothing for who may not call any. */
function Markup({ plan }: { plan: string }) {
  const served = useQuery({ ...llmQueries.served(), enabled: atLeast(useMe(), "agent") });
  const percents = served.data?.data.map((each) => each.plan_markups[plan] ?? each.markup_percent) ?? [];
  if (percents.length === 0) return null;
  const [least, most] = [Math.min(...percents), Math.max(...percents)];
  const range = least === most ? `${most} %` : `${least} to ${most} %, by provider`;
  return <Line value>{most === 0 ? "Model calls at cost" : `Model calls at cost and ${range}`}</Line>;
}

function Line({ value, children }: { value: boolean; children: React.ReactNode }) {
  return (
    <li className={value ? "flex items-center gap-2" : "flex items-center gap-2 text-text-3"}>
      {value ? (
        <Check aria-label="Included" className="size-4 shrink-0 text-ok" />
      ) : (
        <Minus aria-label="Not included" className="size-4 shrink-0" />
      )}
      <span className="min-w-0">{children}</span>
    </li>
  );
}

/** Subscribe, or change to it. People who may not pay see the plans alone. */
function PlanAction({
  plan,
  interval,
  by,
  current,
}: {
  plan: Plan;
  interval: Interval;
  by: By;
  current: Subscription;
}) {
  const me = useMe();
  const [changing, setChanging] = useState(false);
  if (!atLeast(me, "owner")) return null;
  const live = current.access !== "free" && current.provider !== "none";
  // One at a time: what waits for its payment comes first.
  if (current.status === "incomplete") return null;
  if (!live) return <Subscribe plan={plan} interval={interval} by={by} />;
  const isSame =
    plan.key === current.subscribed_plan && interval === current.interval && !current.scheduled_change;
  if (isSame) return null;
  if (current.provider === "paypal" && interval !== current.interval)
    return (
      <p className="text-sm text-text-2">
        By PayPal a plan stays {current.interval === "year" ? "yearly" : "monthly"} until it ends.
      </p>
    );
  return (
    <>
      <Button onClick={() => setChanging(true)}>Change to {plan.name}</Button>
      <ChangeDialog
        plan={plan}
        interval={interval}
        quantity={current.quantity ?? 1}
        open={changing}
        onOpenChange={setChanging}
      />
    </>
  );
}

function Subscribe({ plan, interval, by }: { plan: Plan; interval: Interval; by: By }) {
  const client = useQueryClient();
  const intent = useIntent();
  const subscribe = useMutation({
    mutationFn: (trial: boolean) => {
      const order = {
        plan_key: plan.key,
        interval,
        trial,
        provider: by.company,
        ...(by.promo && { promo_code: by.promo }),
        ...(by.methodId && { payment_method_id: by.methodId }),
      };
      return api.subscribe(order, intent.keyFor(order));
    },
    // The company's checkout; the bank's page, or ours where the card was refused; or the plan that has begun.
    onSuccess: ({ url }) => {
      intent.done();
      location.assign(url);
    },
    // Another tab may have begun one.
    onError: () => client.invalidateQueries({ queryKey: ["subscription"] }),
  });
  const busy = subscribe.isPending || subscribe.isSuccess;
  return (
    <div className="flex flex-col gap-2">
      {plan.trial && (
        <Button variant="primary" busy={busy} onClick={() => subscribe.mutate(true)}>
          Try it for {plan.trial.days} days
        </Button>
      )}
      <Button
        variant={plan.trial ? "secondary" : "primary"}
        busy={busy}
        onClick={() => subscribe.mutate(false)}
      >
        Subscribe
      </Button>
      {subscribe.error && <SubscribeFailed error={subscribe.error} />}
    </div>
  );
}

/** A retry with the same key, or the sweep, finds out. */
const UNKNOWN_YET = "What became of it is found out by itself within minutes. Nothing is charged twice.";

function SubscribeFailed({ error }: { error: Error }) {
  const problem = error instanceof ApiError ? error : null;
  return (
    <Notice tone="bad" title={problem?.title ?? "The subscription could not be started"}>
      {problem?.fieldError("promo_code") === undefined
        ? (problem?.detail ?? (problem?.isRefusal ? "Nothing was charged." : UNKNOWN_YET))
        : `The promotion code ${problem.fieldError("promo_code")}.`}
    </Notice>
  );
}
