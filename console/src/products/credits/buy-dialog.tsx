import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Check } from "lucide-react";
import { useState } from "react";
import { api } from "../../api/operations.ts";
import { ApiError } from "../../api/problem.ts";
import { queries } from "../../api/queries.ts";
import type { CreditPack, NewPaymentIntentInput, PaymentMethod } from "../../api/types.ts";
import { companyName, type Company } from "../../lib/company.ts";
import { formatCredits, formatMoney } from "../../lib/format.ts";
import { useIntent } from "../../lib/intent.ts";
import { useMe } from "../../shell/session.tsx";
import { methodName } from "../billing/method-name.ts";
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
          ? "Test mode: you pay in the sandbox, and nothing real is charged."
          : "You pay on the company's own page."
      }
    >
      <BuyForm />
    </Dialog>
  );
}

function BuyForm() {
  const packs = useQuery(queries.packs());
  const [chosen, setChosen] = useState<string | null>(null);
  const [company, setCompany] = useState<Company>("stripe");
  /** One that is kept, instead of a company's page. */
  const [methodId, setMethodId] = useState<string | null>(null);
  const methods = useQuery(queries.paymentMethods());
  const method = methods.data?.data.find(({ id }) => id === methodId);
  const pay = usePayment();
  const buy = useCheckout(company);
  if (packs.error && !packs.data) return <Failure error={packs.error} onRetry={() => void packs.refetch()} />;
  if (!packs.data) return <Skeleton className="h-44 w-full" />;
  const isBusy = buy.isPending || buy.isSuccess || pay.isPending || pay.isSuccess;
  const error = method ? pay.error : buy.error;
  // A wallet's name would be too long for a button.
  const by = method ? "" : ` with ${companyName(company)}`;
  const pack = packs.data.data.find(({ key }) => key === chosen) ?? packs.data.data[0];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (pack && method)
          pay.mutate({ purpose: "credits", reference: pack.key, payment_method_id: method.id });
        else if (pack) buy.mutate(pack);
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
      <CompanyChoice
        companies={packs.data.providers}
        methods={methods.data?.data ?? []}
        chosen={method?.id ?? company}
        onChoose={(choice) => {
          setMethodId(choice);
          if (choice === "stripe" || choice === "paypal") setCompany(choice);
        }}
      />
      <p className="text-xs text-text-2">Prices include tax, where it is due; the receipt names it.</p>
      {error && <PurchaseFailed error={error} company={method?.provider ?? company} />}
      <Button type="submit" variant="primary" busy={isBusy} disabled={!pack}>
        {pack ? `Pay ${formatMoney(pack.amount_minor, pack.currency)}${by}` : `Pay${by}`}
      </Button>
    </form>
  );
}

/** To the company's page, which leads back to where the credits arrive. */
function useCheckout(company: Company) {
  const balance = useQuery(queries.balance());
  const intent = useIntent();
  return useMutation({
    mutationFn: (pack: CreditPack) => {
      const order = { pack_key: pack.key, provider: company };
      return api.purchase(order, intent.keyFor(order));
    },
    onSuccess: (purchase, pack) => {
      intent.done();
      const memory = {
        paymentId: purchase.payment_id,
        creditsMicros: pack.credits_micros,
        beforeMicros: balance.data?.settled_micros ?? 0,
      };
      // Stripe leads back by its session's id, PayPal by the payment's.
      rememberPurchase(purchase.session_id, memory);
      rememberPurchase(purchase.payment_id, memory);
      location.assign(purchase.url);
    },
  });
}

/** Pays by what is kept; a bank that asks, and the outcome, have pages of their own. */
function usePayment() {
  const navigate = useNavigate();
  const intent = useIntent();
  return useMutation({
    mutationFn: (order: NewPaymentIntentInput) => api.startPayment(order, intent.keyFor(order)),
    onSuccess: (payment) => {
      intent.done();
      if (payment.next_action) location.assign(payment.next_action.url);
      else void navigate({ to: "/pay/$paymentId", params: { paymentId: payment.id } });
    },
  });
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

/** A company's page, or what is kept there. */
function CompanyChoice({
  companies,
  methods,
  chosen,
  onChoose,
}: {
  companies: readonly Company[];
  methods: readonly PaymentMethod[];
  chosen: string;
  onChoose(choice: string): void;
}) {
  const choices = [
    ...companies.map((company) => ({ value: company as string, name: companyName(company), whole: false })),
    ...methods.map((method) => ({ value: method.id, name: methodName(method), whole: true })),
  ];
  if (choices.length < 2) return null;
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-2 text-xs font-medium text-text-2">Pay with</legend>
      <div className="grid grid-cols-2 gap-2">
        {choices.map(({ value, name, whole }) => (
          <label
            key={value}
            className={cx(
              "flex min-w-0 cursor-pointer items-center justify-center rounded-lg border px-3 py-2 text-sm font-medium transition-colors has-focus-visible:outline-2 has-focus-visible:outline-accent",
              value === chosen ? "border-accent bg-accent-soft" : "border-line hover:bg-hover",
              whole && "col-span-2",
            )}
          >
            <input
              type="radio"
              name="company"
              value={value}
              checked={value === chosen}
              onChange={() => onChoose(value)}
              className="sr-only"
            />
            <span className="truncate">{name}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function PurchaseFailed({ error, company }: { error: Error; company: Company }) {
  const problem = error instanceof ApiError ? error : null;
  return (
    <Notice tone="bad" title={problem?.title ?? "The purchase could not be started"}>
      {problem?.detail ?? advice(problem, company)}
      {problem?.requestId && <p className="mt-1 font-mono text-2xs">Request {problem.requestId}</p>}
    </Notice>
  );
}

/** What to do now: after a no nothing was charged, without an answer only the same purchase is safe to ask for again. */
function advice(problem: ApiError | null, company: Company): string {
  if (problem?.code === "provider_refused")
    return `Nothing was charged. Pay another way than ${companyName(company)}, or try again later.`;
  if (problem?.isRefusal) return "Nothing was charged.";
  return "Try again in a moment: that carries on with the same purchase and never charges twice.";
}
