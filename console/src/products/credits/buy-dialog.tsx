import { useMutation, useQuery } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { useState } from "react";
import { api } from "../../api/operations.ts";
import { ApiError } from "../../api/problem.ts";
import { queries } from "../../api/queries.ts";
import type { CreditPack } from "../../api/types.ts";
import { formatCredits, formatMoney } from "../../lib/format.ts";
import { useIntent } from "../../lib/intent.ts";
import { useMe } from "../../shell/session.tsx";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Failure, Notice, Skeleton } from "../../ui/states.tsx";
import { rememberPurchase } from "./purchase-memory.ts";

export function BuyDialog({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  const me = useMe();
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Buy credits"
      about={
        me.mode === "test"
          ? "Test mode: you pay at the sandbox's Stripe, with a test card."
          : "You pay at Stripe."
      }
    >
      <BuyForm />
    </Dialog>
  );
}

function BuyForm() {
  const packs = useQuery(queries.packs());
  const balance = useQuery(queries.balance());
  const [chosen, setChosen] = useState<string | null>(null);
  const intent = useIntent();
  const buy = useMutation({
    mutationFn: (pack: CreditPack) => api.purchase(pack.key, intent.keyFor(pack.key)),
    onSuccess: (purchase, pack) => {
      intent.done();
      rememberPurchase(purchase.session_id, {
        paymentId: purchase.payment_id,
        creditsMicros: pack.credits_micros,
        beforeMicros: balance.data?.settled_micros ?? 0,
      });
      location.assign(purchase.url);
    },
  });
  if (packs.error && !packs.data) return <Failure error={packs.error} onRetry={() => void packs.refetch()} />;
  if (!packs.data) return <Skeleton className="h-44 w-full" />;
  const pack = packs.data.data.find(({ key }) => key === chosen) ?? packs.data.data[0];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (pack) buy.mutate(pack);
      }}
      className="flex flex-col gap-4"
    >
      <fieldset className="flex flex-col gap-2">
        <legend className="sr-only">Pack</legend>
        {packs.data.data.map((each) => (
          <PackChoice
            key={each.key}
            pack={each}
            chosen={each === pack}
            onChoose={() => setChosen(each.key)}
          />
        ))}
      </fieldset>
      {buy.error && <PurchaseFailed error={buy.error} />}
      <Button type="submit" variant="primary" busy={buy.isPending || buy.isSuccess} disabled={!pack}>
        {pack ? `Pay ${formatMoney(pack.amount_minor, pack.currency)}` : "Pay"}
      </Button>
    </form>
  );
}

function PackChoice({ pack, chosen, onChoose }: { pack: CreditPack; chosen: boolean; onChoose(): void }) {
  // One credit is one cent of cost, so what a pack gives beyond its price is a bonus.
  const bonus =
    pack.currency === "usd" ? Math.round((pack.credits_micros / 1e6 / pack.amount_minor - 1) * 100) : 0;
  return (
    <label
      className={cx(
        "flex cursor-pointer items-center gap-3 rounded-lg border px-3.5 py-3 transition-colors has-focus-visible:outline-2 has-focus-visible:outline-accent",
        chosen ? "border-accent bg-accent-soft" : "border-line hover:bg-hover",
      )}
    >
      <input
        type="radio"
        name="pack"
        value={pack.key}
        checked={chosen}
        onChange={onChoose}
        className="sr-only"
      />
      <span
        aria-hidden
        className={cx(
          "flex size-4.5 shrink-0 items-center justify-center rounded-full border",
          chosen ? "border-accent bg-accent text-on-accent" : "border-line-strong",
        )}
      >
        {chosen && <Check className="size-3" strokeWidth={3} />}
      </span>
      <span className="min-w-0 flex-1">
        <span className="block text-sm font-medium">{pack.name}</span>
        <span className="num block text-xs text-text-2">
          {formatCredits(pack.credits_micros)} credits
          {bonus > 0 && <span className="ml-1.5 font-medium text-ok">+{bonus} %</span>}
        </span>
      </span>
      <span className="num text-sm font-semibold">{formatMoney(pack.amount_minor, pack.currency)}</span>
    </label>
  );
}

function PurchaseFailed({ error }: { error: Error }) {
  const problem = error instanceof ApiError ? error : null;
  return (
    <Notice tone="bad" title={problem?.title ?? "The purchase could not be started"}>
      {problem?.detail ?? "Nothing was charged. Trying again carries on with the same purchase."}
      {problem?.requestId && <p className="mt-1 font-mono text-2xs">Request {problem.requestId}</p>}
    </Notice>
  );
}
