import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CreditCard } from "lucide-react";
import type { FormEvent } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { ApiError } from "../../api/problem.ts";
import { queries } from "../../api/queries.ts";
import type { AutoTopup, NewAutoTopupInput, PaymentMethod } from "../../api/types.ts";
import { formatMoney } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { Empty, Failure, Notice, Skeleton } from "../../ui/states.tsx";
import { methodName } from "../billing/method-name.ts";

const MICROS = 1_000_000;
/** What a form shows that nobody has filled in yet: credits, and dollars. */
const FIRST = { threshold: 200, amount: 10, cap: 50 };

/** Credits that are bought by themselves when few are left. */
export function AutoTopupCard() {
  const topup = useQuery(queries.autoTopup());
  const methods = useQuery(queries.paymentMethods());
  const error = topup.error ?? methods.error;
  const isKnown = topup.data && methods.data;
  return (
    <Card>
      <CardHead
        title="Automatic top-up"
        note={topup.data ? noteOf(topup.data) : "Buys credits by itself when few are left"}
        actions={
          topup.data && (
            <Badge tone={topup.data.enabled ? "ok" : "neutral"} dot>
              {topup.data.enabled ? "On" : "Off"}
            </Badge>
          )
        }
      />
      {isKnown ? (
        methods.data.data.length === 0 ? (
          <Empty
            icon={<CreditCard className="size-5" />}
            title="Nothing to charge it to yet"
            action={
              <Link to="/payment-methods" className={buttonClass("secondary")}>
                Add a card
              </Link>
            }
          >
            A card or wallet that is kept is charged when few credits are left.
          </Empty>
        ) : (
          <TopupForm
            key={`${topup.data.enabled} ${topup.data.payment_method_id}`}
            topup={topup.data}
            methods={methods.data.data}
          />
        )
      ) : error ? (
        <Failure error={error} onRetry={() => void Promise.all([topup.refetch(), methods.refetch()])} />
      ) : (
        <Skeleton className="m-4 h-40" />
      )}
    </Card>
  );
}

const noteOf = ({ currency, monthly_cap_minor: cap, spent_minor: spent }: AutoTopup): string =>
  cap === null
    ? "Buys credits by itself when few are left"
    : `${formatMoney(spent, currency)} of ${formatMoney(cap, currency)} this month`;

const OFF = {
  declined: "The last two payments were declined, so it was turned off.",
  method_gone: "What it was charged to is not kept any more, so it was turned off.",
  tax_address:
    "The tax follows from your address, which is not known, so it was turned off. Billing details take it.",
};

function TopupForm({ topup, methods }: { topup: AutoTopup; methods: readonly PaymentMethod[] }) {
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (input: NewAutoTopupInput) => api.changeAutoTopup(input),
    onSuccess: (next, { enabled }) => {
      client.setQueryData(queries.autoTopup().queryKey, next);
      toast.success(enabled ? "Automatic top-up is on" : "Automatic top-up is off");
    },
  });
  const problem = save.error instanceof ApiError ? save.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const { submitter } = event.nativeEvent as SubmitEvent;
    const number = (name: string, each: number) => Math.round(Number(form.get(name)) * each);
    save.mutate({
      enabled: submitter?.getAttribute("value") !== "off",
      threshold_micros: number("threshold", MICROS),
      amount_minor: number("amount", 100),
      monthly_cap_minor: number("cap", 100),
      payment_method_id: String(form.get("method")),
    });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4 p-4">
      {topup.off_reason && <Notice tone="warn" title={OFF[topup.off_reason]} />}
      {problem && problem.fields.length === 0 && <Notice tone="bad" title={problem.title} />}
      <TopupFields topup={topup} methods={methods} problem={problem} />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" value="on" variant="primary" busy={save.isPending}>
          {topup.enabled ? "Save" : "Turn on"}
        </Button>
        {topup.enabled && (
          <Button type="submit" value="off" disabled={save.isPending}>
            Turn off
          </Button>
        )}
      </div>
    </form>
  );
}

type Field = { name: string; label: string; value: number; key: string; hint?: string };

function TopupFields({
  topup,
  methods,
  problem,
}: {
  topup: AutoTopup;
  methods: readonly PaymentMethod[];
  problem: ApiError | null;
}) {
  const { amount_minor: amount, monthly_cap_minor: cap, threshold_micros: threshold } = topup;
  const fields: Field[] = [
    {
      name: "threshold",
      label: "Below (credits)",
      value: threshold === null ? FIRST.threshold : threshold / MICROS,
      key: "threshold_micros",
    },
    {
      name: "amount",
      label: "Buy for (USD)",
      value: amount === null ? FIRST.amount : amount / 100,
      key: "amount_minor",
      hint: "A credit costs one cent",
    },
    {
      name: "cap",
      label: "At most a month (USD)",
      value: cap === null ? FIRST.cap : cap / 100,
      key: "monthly_cap_minor",
    },
  ];
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      {fields.map(({ name, label, value, key, hint }) => (
        <TextField
          key={name}
          label={label}
          name={name}
          type="number"
          min="1"
          step={name === "threshold" ? "1" : "0.01"}
          required
          defaultValue={value}
          hint={hint}
          error={problem?.fieldError(key)}
        />
      ))}
      <SelectField
        label="Charged to"
        name="method"
        defaultValue={topup.payment_method_id ?? methods[0]?.id}
        error={problem?.fieldError("payment_method_id")}
      >
        {methods.map((method) => (
          <option key={method.id} value={method.id}>
            {methodName(method)}
          </option>
        ))}
      </SelectField>
    </div>
  );
}
