import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../../api/operations.ts";
import { messageOf } from "../../api/problem.ts";
import type { Subscription } from "../../api/types.ts";
import { useIntent } from "../../lib/intent.ts";
import { atLeast, useMe } from "../../shell/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/states.tsx";

/** A plan that has not begun: its first payment waits, on the company's page or on ours. */
export function OpenPlan({ subscription }: { subscription: Subscription }) {
  const mayPay = atLeast(useMe(), "owner");
  const client = useQueryClient();
  const intent = useIntent();
  const giveUp = useMutation({
    mutationFn: () => api.cancelSubscription(intent.keyFor("give_up")),
    onSettled: () => {
      intent.done();
      return client.invalidateQueries({ queryKey: ["subscription"] });
    },
  });
  if (subscription.status === "creating")
    return (
      <Notice tone="info" title="A plan is being begun">
        The payment company has not answered yet. It is carried on by itself; nothing is charged twice.
      </Notice>
    );
  if (subscription.status !== "incomplete") return null;
  const { checkout_url: url } = subscription;
  return (
    <Notice tone="info" title="A plan waits for its first payment">
      Nothing was charged yet, and nothing is given before it is paid. It is given up by itself within a day.
      {mayPay && (
        <span className="mt-2 flex flex-wrap items-center gap-3">
          {url && (
            <a href={url} className="font-medium underline">
              Go on with it
            </a>
          )}
          <Button size="sm" busy={giveUp.isPending} onClick={() => giveUp.mutate()}>
            Give it up
          </Button>
          {giveUp.error && <span role="alert">{messageOf(giveUp.error)}</span>}
        </span>
      )}
    </Notice>
  );
}
