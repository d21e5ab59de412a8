import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Check, CircleX, Clock, Loader } from "lucide-react";
import { useEffect, useMemo } from "react";
import { pollMs } from "../../api/live.ts";
import { api } from "../../api/operations.ts";
import { queries } from "../../api/queries.ts";
import type { CheckoutSession } from "../../api/types.ts";
import { companyName } from "../../lib/company.ts";
import { formatCredits, formatMoney } from "../../lib/format.ts";
import { Moving } from "../../shell/top-bar.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { cx } from "../../ui/class-names.ts";
import { Page } from "../../ui/page.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { recallPurchase } from "./purchase-memory.ts";

const route = getRouteApi("/app/credits/return");
const ENDED = new Set(["paid", "failed", "expired"]);
/** How often the session is asked while it has not ended; the stream usually tells sooner. */
const ASK_MS = 1_500;

export function ReturnScreen() {
  const { session_id } = route.useSearch();
  return (
    <Page title="Purchase">
      {session_id ? (
        <Progress sessionId={session_id} />
      ) : (
        <Empty title="No purchase is named in this address" action={<BackToCredits />} />
      )}
    </Page>
  );
}

function Progress({ sessionId }: { sessionId: string }) {
  const client = useQueryClient();
  const memory = useMemo(() => recallPurchase(sessionId), [sessionId]);
  const session = useQuery({
    queryKey: ["checkout", sessionId],
    queryFn: () => api.checkoutSession(sessionId),
    refetchInterval: ({ state }) => (ENDED.has(state.data?.status ?? "") ? pollMs() : ASK_MS),
  });
  const status = session.data?.status;
  useEffect(() => {
    if (status === "paid") void client.invalidateQueries({ queryKey: ["balance"] });
  }, [status, client]);
  if (session.error && !session.data)
    return (
      <Card>
        <Failure error={session.error} onRetry={() => void session.refetch()} />
      </Card>
    );
  if (!session.data) return <Skeleton className="h-64 w-full rounded-xl" />;
  return (
    <Card className="mx-auto w-full max-w-lg p-6">
      {status === "failed" || status === "expired" ? (
        <Ended session={session.data} />
      ) : (
        <Steps
          session={session.data}
          beforeMicros={memory?.beforeMicros}
          creditsMicros={memory?.creditsMicros}
        />
      )}
    </Card>
  );
}

function Steps({
  session,
  beforeMicros,
  creditsMicros,
}: {
  session: CheckoutSession;
  beforeMicros: number | undefined;
  creditsMicros: number | undefined;
}) {
  const { data: balance } = useQuery(queries.balance());
  const paid = session.status === "paid";
  const company = companyName(session.provider);
  // Credits are granted in the same transaction that marks the payment paid, so a paid session has them.
  const risen =
    paid && balance !== undefined && (beforeMicros === undefined || balance.settled_micros !== beforeMicros);
  return (
    <div className="flex flex-col gap-5">
      <div className="text-center">
        <p className="text-sm text-text-2">{risen ? "Available now" : "Available"}</p>
        <p className="mt-1 text-3xl font-semibold tracking-tight" aria-live="polite">
          {balance ? <Moving micros={balance.available_micros} /> : <Skeleton className="mx-auto h-9 w-32" />}
        </p>
        {risen && creditsMicros !== undefined && (
          <p className="num mt-1 animate-in text-sm font-medium text-ok">
            +{formatCredits(creditsMicros)} credits
          </p>
        )}
      </div>
      <ol className="flex flex-col gap-3">
        <Step
          done
          label={
            paid
              ? `You paid ${formatMoney(session.amount_minor, session.currency)} with ${company}`
              : `Back from ${company}`
          }
          wait=""
        />
        <Step
          done={paid}
          label={`${company}'s confirmation is processed`}
          wait={`Waiting for ${company}'s confirmation…`}
        />
        <Step done={risen} label="Credits are in your balance" wait="Adding the credits…" />
      </ol>
      <div className="flex justify-center gap-2">
        <Link to="/playground" className={buttonClass(risen ? "primary" : "secondary")}>
          Try the playground
        </Link>
        <BackToCredits />
      </div>
    </div>
  );
}

function Step({ done, label, wait }: { done: boolean; label: string; wait: string }) {
  return (
    <li className="flex items-center gap-3 text-sm">
      <span
        aria-hidden
        className={cx(
          "flex size-6 shrink-0 items-center justify-center rounded-full",
          done ? "bg-ok-soft text-ok" : "bg-sunken text-text-3",
        )}
      >
        {done ? (
          <Check className="size-3.5 animate-pop" strokeWidth={3} />
        ) : (
          <Loader className="size-3.5 animate-spin" />
        )}
      </span>
      <span className={done ? "" : "text-text-2"}>{done ? label : wait}</span>
    </li>
  );
}

function Ended({ session }: { session: CheckoutSession }) {
  const failed = session.status === "failed";
  return (
    <Empty
      icon={failed ? <CircleX className="size-5 text-bad" /> : <Clock className="size-5" />}
      title={failed ? "The payment did not go through" : "This purchase was left too long"}
      action={
        <Link to="/credits" search={{ buy: "1" }} className={buttonClass("primary")}>
          Buy again
        </Link>
      }
    >
      Nothing was charged, and your balance is as before.
    </Empty>
  );
}

function BackToCredits() {
  return (
    <Link to="/credits" className={buttonClass("secondary")}>
      Back to credits
    </Link>
  );
}
