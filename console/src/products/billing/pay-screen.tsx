import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Check, CircleX, Clock, Loader, Plus, Undo2 } from "lucide-react";
import { useState } from "react";
import { api } from "../../api/operations.ts";
import { ApiError } from "../../api/problem.ts";
import { queries } from "../../api/queries.ts";
import type { Payment, PaymentMethod } from "../../api/types.ts";
import { formatCredits, formatMoney } from "../../lib/format.ts";
import { useIntent } from "../../lib/intent.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, Failure, Notice, Skeleton } from "../../ui/states.tsx";
import { MethodChoice } from "./method-choice.tsx";

const route = getRouteApi("/app/pay/$paymentId");
const OPEN = new Set<Payment["status"]>(["creating", "requires_payment_method", "requires_action"]);
/** How often the company is asked about a payment whose holder has just come back from their bank. */
const ASK_MS = 1_500;

/** Where a payment goes on that waits for its owner, in whatever browser. */
export function PayScreen() {
  const { paymentId } = route.useParams();
  const { payment_intent: returned } = route.useSearch();
  const payment = useQuery(queries.payment(paymentId));
  const status = payment.data?.status;
  const isAsked = returned !== undefined && (status === "requires_action" || status === "processing");
  // Asking brings the payment up to date, and its change is told to this page.
  useQuery({
    queryKey: ["checkout", paymentId],
    queryFn: () => api.checkoutSession(paymentId),
    enabled: isAsked,
    refetchInterval: ASK_MS,
  });
  return (
    <Page title="Payment" about="What you pay, and by what.">
      <Card className="mx-auto w-full max-w-lg">
        {payment.data ? (
          <Body payment={payment.data} hasReturned={returned !== undefined} />
        ) : payment.error ? (
          <Failure error={payment.error} onRetry={() => void payment.refetch()} />
        ) : (
          <Skeleton className="m-5 h-56" />
        )}
      </Card>
    </Page>
  );
}

function Body({ payment, hasReturned }: { payment: Payment; hasReturned: boolean }) {
  if (payment.session_id !== null && OPEN.has(payment.status))
    return (
      <Empty
        title="This payment is made on the company's page"
        action={
          payment.checkout_url && (
            <a href={payment.checkout_url} className={buttonClass("primary")}>
              Go on paying
            </a>
          )
        }
      />
    );
  if (payment.status === "requires_action" && hasReturned)
    return <Empty icon={<Loader className="size-5 animate-spin" />} title="Waiting for your bank's answer" />;
  if (OPEN.has(payment.status)) return <PayForm payment={payment} />;
  return <Outcome payment={payment} />;
}

const whatOf = ({ credits_micros: micros, purpose }: Payment): string =>
  purpose === "credits" ? `${formatCredits(micros)} credits` : "An invoice";

const taxOf = ({ currency, tax_minor: tax }: Payment): string =>
  tax > 0 ? `, ${formatMoney(tax, currency)} of it tax` : "";

/** What waits for a payment, and is given up with it: a plan, or another one than before. */
function useWaiting({ id }: Payment): "plan" | "change" | null {
  const { data } = useQuery(queries.subscription());
  if (data?.status === "incomplete" && data.checkout_url?.endsWith(`/pay/${id}`)) return "plan";
  return data?.next_action?.url.endsWith(`/pay/${id}`) ? "change" : null;
}

const WAITING = {
  plan: "The first payment of your plan",
  change: "The change of your plan, until its period ends. Your plan goes on until you pay",
};

function PayForm({ payment }: { payment: Payment }) {
  const waits = useWaiting(payment);
  const client = useQueryClient();
  const methods = useQuery(queries.paymentMethods());
  const [chosen, setChosen] = useState<string | null>(null);
  const intent = useIntent();
  const key = queries.payment(payment.id).queryKey;
  const pay = useMutation({
    mutationFn: (method: PaymentMethod) =>
      api.confirmPayment(
        payment.id,
        { payment_method_id: method.id },
        intent.keyFor([method.id, payment.status]),
      ),
    onSuccess: (answer) => {
      intent.done();
      if (answer.next_action) location.assign(answer.next_action.url);
      else void client.invalidateQueries({ queryKey: key });
    },
  });
  const cancel = useMutation({
    mutationFn: () => api.cancelPayment(payment.id, intent.keyFor("cancel")),
    onSettled: () => void client.invalidateQueries({ queryKey: key }),
  });
  if (methods.error && !methods.data)
    return <Failure error={methods.error} onRetry={() => void methods.refetch()} />;
  if (!methods.data) return <Skeleton className="m-5 h-56" />;
  const usable = methods.data.data.filter(({ provider }) => provider === payment.provider);
  const method = usable.find(({ id }) => id === chosen) ?? usable[0];
  const isLeaving = pay.isPending || Boolean(pay.data?.next_action);
  const error = pay.error ?? cancel.error;
  return (
    <>
      <CardHead
        title={formatMoney(payment.amount_minor, payment.currency)}
        note={`${waits ? WAITING[waits] : whatOf(payment)}${taxOf(payment)}`}
      />
      <form
        className="flex flex-col gap-4 p-5"
        onSubmit={(event) => {
          event.preventDefault();
          if (method) pay.mutate(method);
        }}
      >
        {payment.failure_code && !isLeaving && <Refused code={payment.failure_code} />}
        {error && <Notice tone="bad" title={error instanceof ApiError ? error.title : "That did not work"} />}
        {usable.length > 0 ? (
          <MethodChoice methods={usable} chosen={method?.id ?? null} onChoose={setChosen} />
        ) : (
          <p className="text-sm text-text-2">No card is kept yet. You give one on the company's own page.</p>
        )}
        <div className="flex flex-wrap gap-2">
          {method && (
            <Button type="submit" variant="primary" busy={isLeaving}>
              Pay {formatMoney(payment.amount_minor, payment.currency)}
            </Button>
          )}
          <AddCard payment={payment} isPrimary={!method} />
          {(payment.purpose === "credits" || waits) && (
            <Button variant="ghost" busy={cancel.isPending} onClick={() => cancel.mutate()}>
              Give it up
            </Button>
          )}
        </div>
      </form>
    </>
  );
}

/** A card given now is kept, and this page is where its owner comes back to. */
function AddCard({ payment, isPrimary }: { payment: Payment; isPrimary: boolean }) {
  const intent = useIntent();
  const add = useMutation({
    mutationFn: () =>
      api.setUpPaymentMethod(payment.provider, intent.keyFor("add"), `${location.origin}/pay/${payment.id}`),
    onSuccess: ({ url }) => {
      intent.done();
      location.assign(url);
    },
  });
  return (
    <Button
      variant={isPrimary ? "primary" : "secondary"}
      icon={<Plus className="size-4" />}
      busy={add.isPending || add.isSuccess}
      onClick={() => add.mutate()}
    >
      {payment.provider === "paypal" ? "Add PayPal" : "Add a card"}
    </Button>
  );
}

const REFUSALS: Record<string, string> = {
  authentication_required: "Your bank asks you to confirm this payment. Pay again, and answer it.",
  payment_intent_authentication_failure: "Your bank's question was not answered. Try again, or another card.",
  insufficient_funds: "There is not enough money on it. Try another card.",
  expired_card: "The card has expired. Try another one.",
};

function Refused({ code }: { code: string }) {
  return (
    <Notice tone="warn" title="Nothing was charged">
      {REFUSALS[code] ?? "The last try was refused. Try again, or another card."}
    </Notice>
  );
}

/** Where to look at what it was for. */
function After({ isCredits }: { isCredits: boolean }) {
  if (isCredits)
    return (
      <Link to="/credits" className={buttonClass("secondary")}>
        See credits
      </Link>
    );
  return (
    <span className="flex flex-wrap justify-center gap-2">
      <Link to="/billing" className={buttonClass("primary")}>
        See the plan
      </Link>
      <Link to="/invoices" className={buttonClass("secondary")}>
        See invoices
      </Link>
    </span>
  );
}

function GivenUp({ isCredits }: { isCredits: boolean }) {
  const again = isCredits ? (
    <Link to="/credits" search={{ buy: "1" }} className={buttonClass("primary")}>
      Buy again
    </Link>
  ) : (
    <Link to="/plans" className={buttonClass("primary")}>
      See plans
    </Link>
  );
  return (
    <Empty icon={<CircleX className="size-5 text-bad" />} title="This payment was given up" action={again}>
      Nothing was charged.
    </Empty>
  );
}

function Outcome({ payment }: { payment: Payment }) {
  const amount = formatMoney(payment.amount_minor, payment.currency);
  const isCredits = payment.purpose === "credits";
  const after = <After isCredits={isCredits} />;
  switch (payment.status) {
    case "processing":
      return (
        <Empty icon={<Clock className="size-5" />} title={`${amount} is on its way`} action={after}>
          A bank may take some days. You are told when it has come.
        </Empty>
      );
    case "canceled":
    case "failed":
      return <GivenUp isCredits={isCredits} />;
    case "refunded":
    case "reversed":
      return <Empty icon={<Undo2 className="size-5" />} title={`${amount} went back`} action={after} />;
    default:
      return (
        <Empty icon={<Check className="size-5 text-ok" />} title={`You paid ${amount}`} action={after}>
          {isCredits
            ? `${whatOf(payment)} are in your balance.`
            : "The invoice is paid, and the plan counts."}
        </Empty>
      );
  }
}
