import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { CircleX, Loader, PartyPopper } from "lucide-react";
import { pollMs } from "../../api/live.ts";
import { api } from "../../api/operations.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";

const route = getRouteApi("/app/billing/return");
const ENDED = new Set(["paid", "failed", "expired"]);
/** How often the checkout is asked while it has not ended. */
const ASK_MS = 1_500;

export function SubscribedScreen() {
  const { session_id: id = "" } = route.useSearch();
  const session = useQuery({
    queryKey: ["checkout", id],
    queryFn: () => api.checkoutSession(id),
    enabled: id !== "",
    refetchInterval: ({ state }) => (ENDED.has(state.data?.status ?? "") ? pollMs() : ASK_MS),
  });
  const back = (
    <Link to="/billing" className={buttonClass("primary")}>
      See the plan
    </Link>
  );
  const status = session.data?.status;
  return (
    <Page title="Subscription">
      <Card className="mx-auto w-full max-w-lg p-6">
        {id === "" ? (
          <Empty title="No checkout is named in this address" action={back} />
        ) : session.error && !session.data ? (
          <Failure error={session.error} onRetry={() => void session.refetch()} />
        ) : !status ? (
          <Skeleton className="h-40 w-full" />
        ) : status === "paid" && id.startsWith("pay_") ? (
          <Empty icon={<PartyPopper className="size-5" />} title="Paid: one step is left" action={back}>
            Agree to the new price on PayPal's page. The plan changes then.
          </Empty>
        ) : status === "paid" ? (
          <Empty icon={<PartyPopper className="size-5" />} title="Your plan has begun" action={back}>
            Its credits are in your balance.
          </Empty>
        ) : status === "failed" || status === "expired" ? (
          <Empty icon={<CircleX className="size-5" />} title="The plan did not begin" action={back}>
            What was paid, if anything, is given back.
          </Empty>
        ) : (
          <Empty icon={<Loader className="size-5 animate-spin" />} title="Waiting for the confirmation" />
        )}
      </Card>
    </Page>
  );
}
