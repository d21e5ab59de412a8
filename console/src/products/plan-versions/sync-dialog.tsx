import { useMutation, useQuery } from "@tanstack/react-query";
import { Check, Plus } from "lucide-react";
import { toast } from "sonner";
import { books } from "../../api/books.ts";
import { messageOf } from "../../api/problem.ts";
import type { PlannedPrice } from "../../api/types.ts";
import { companyName } from "../../lib/company.ts";
import { formatInteger, formatMoney } from "../../lib/format.ts";
import { Id } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Failure, Notice, Skeleton } from "../../ui/states.tsx";

/** Shows first what the companies lack, then makes it. */
export function SyncDialog({ onClose }: { onClose(): void }) {
  const rehearsal = useQuery({
    queryKey: ["books", "plan-sync"],
    queryFn: () => books.syncPlans(true),
    gcTime: 0,
    staleTime: 0,
    refetchOnWindowFocus: false,
  });
  const sync = useMutation({
    mutationFn: () => books.syncPlans(false),
    onSuccess: ({ data }) => {
      toast.success(`${formatInteger(data.length)} prices are there`);
      onClose();
    },
  });
  const missing = rehearsal.data?.data.filter(({ price_id }) => price_id === null).length;
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => !open && onClose()}
      title="Sync the plans with the companies"
      about="Makes the products and prices that are missing there. An amount that is there is never edited."
    >
      {rehearsal.data ? (
        <Rehearsal prices={rehearsal.data.data} />
      ) : rehearsal.error ? (
        <Failure error={rehearsal.error} onRetry={() => void rehearsal.refetch()} />
      ) : (
        <Skeleton className="h-40 w-full" />
      )}
      {sync.error && (
        <div className="mt-3">
          <Notice tone="bad" title={messageOf(sync.error)} />
        </div>
      )}
      <div className="mt-4 flex flex-wrap items-center justify-end gap-2">
        <Button onClick={onClose}>Close</Button>
        {missing !== undefined && missing > 0 && (
          <Button variant="primary" busy={sync.isPending} onClick={() => sync.mutate()}>
            Make {missing === 1 ? "1 price" : `${formatInteger(missing)} prices`}
          </Button>
        )}
      </div>
    </Dialog>
  );
}

function Rehearsal({ prices }: { prices: readonly PlannedPrice[] }) {
  const missing = prices.filter(({ price_id }) => price_id === null).length;
  return (
    <>
      <p className="pb-2 text-sm text-text-2">
        {missing === 0
          ? "Everything is there: nothing would be made."
          : `${formatInteger(missing)} of ${formatInteger(prices.length)} would be made.`}
      </p>
      <ul aria-label="What a sync does" className="divide-y divide-line rounded-lg border border-line">
        {prices.map((price) => (
          <PriceLine
            key={[price.provider, price.plan, price.currency, price.interval, price.trial_days].join(" ")}
            price={price}
          />
        ))}
      </ul>
    </>
  );
}

function PriceLine({ price }: { price: PlannedPrice }) {
  const made = price.price_id === null;
  return (
    <li
      className={cx("flex min-h-10 flex-wrap items-center gap-x-3 px-3 py-1 text-sm", made && "bg-ok-soft")}
    >
      {made ? (
        <Plus aria-hidden className="size-4 shrink-0 text-ok" />
      ) : (
        <Check aria-hidden className="size-4 shrink-0 text-text-3" />
      )}
      <span className="min-w-0 flex-1 basis-40">
        <span className="font-medium">{price.plan}</span>{" "}
        <span className="num text-text-2">
          {formatMoney(price.amount_minor, price.currency)} a {price.interval}
          {price.trial_days ? `, after ${price.trial_days} days of trial` : ""}
        </span>
      </span>
      <span className="text-xs text-text-2">{companyName(price.provider)}</span>
      {price.price_id === null ? <Badge tone="ok">new</Badge> : <Id id={price.price_id} />}
    </li>
  );
}
