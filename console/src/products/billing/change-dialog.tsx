import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../../api/operations.ts";
import { ApiError } from "../../api/problem.ts";
import type { Plan, PlanChangePreview } from "../../api/types.ts";
import { formatCredits, formatDate, formatMoney } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Fact, Facts } from "../../ui/facts.tsx";
import { Failure, Notice, Skeleton } from "../../ui/states.tsx";

type Wanted = { plan: Plan; interval: "month" | "year"; quantity: number };

export function ChangeDialog({
  open,
  onOpenChange,
  ...wanted
}: Wanted & { open: boolean; onOpenChange(open: boolean): void }) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Change to ${wanted.plan.name}`}
      about="Worked out for this very moment; good for ten minutes."
    >
      <ChangeForm {...wanted} onDone={() => onOpenChange(false)} />
    </Dialog>
  );
}

function ChangeForm({ plan, interval, quantity, onDone }: Wanted & { onDone(): void }) {
  const client = useQueryClient();
  const wanted = { plan_key: plan.key, interval, quantity };
  const preview = useQuery({
    queryKey: ["subscription", "preview", wanted],
    queryFn: () => api.previewPlanChange(wanted),
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  });
  const change = useMutation({
    mutationFn: ({ preview_id, direction }: PlanChangePreview) =>
      api.changePlan(direction === "down" ? "down" : "up", { ...wanted, preview_id }),
    onSuccess: ({ next_action }) => {
      if (next_action) return location.assign(next_action.url);
      onDone();
      return client.invalidateQueries({ queryKey: ["subscription"] });
    },
    // A preview that is over never works again: the next try is for figures of now.
    onError: (error) =>
      error instanceof ApiError && error.code === "preview_stale" ? preview.refetch() : undefined,
  });
  if (preview.error) return <Failure error={preview.error} onRetry={() => void preview.refetch()} />;
  if (!preview.data) return <Skeleton className="h-40 w-full" />;
  const told = preview.data;
  const money = (minor: number) => formatMoney(minor, told.currency);
  const problem = change.error instanceof ApiError ? change.error : null;
  return (
    <div className="flex flex-col gap-4">
      {told.lines.length > 0 && (
        <ul className="flex flex-col gap-1 text-sm">
          {told.lines.map((line) => (
            <li key={`${line.description} ${line.amount_minor}`} className="flex gap-3">
              <span className="min-w-0 flex-1 text-text-2">{line.description}</span>
              <span className="num">{money(line.amount_minor)}</span>
            </li>
          ))}
        </ul>
      )}
      <Facts>
        <Fact name="Charged now">{money(told.due_now_minor)}</Fact>
        <Fact name="Each period">{money(told.next_invoice_minor)}</Fact>
        <Fact name="Credits now">{formatCredits(told.credits_change_micros)}</Fact>
        <Fact name="Counts from">{formatDate(told.effective_at)}</Fact>
      </Facts>
      {told.blockers.map((blocker) => (
        <Notice key={blocker.limit} tone="warn" title={`Too many ${blocker.limit} in use`}>
          {plan.name} allows {blocker.allowed}, and {blocker.used} are in use.
        </Notice>
      ))}
      {change.error && (
        <Notice tone="bad" title={problem?.title ?? "The plan was not changed"}>
          {problem?.code === "provider_refused"
            ? "The old plan goes on. The card was refused: make another one the default, and try again."
            : (problem?.detail ?? "The old plan goes on.")}
        </Notice>
      )}
      <Button
        variant="primary"
        busy={change.isPending || Boolean(change.data?.next_action)}
        disabled={told.blockers.length > 0}
        onClick={() => change.mutate(told)}
      >
        {told.due_now_minor > 0 ? `Pay ${money(told.due_now_minor)} and change` : "Change"}
      </Button>
    </div>
  );
}
