import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import type { InstallationPayment, RefundInput, RefundStatus } from "../../api/types.ts";
import { digitsOf, parseAmount } from "../../lib/amount.ts";
import { formatMoney, humanize } from "../../lib/format.ts";
import { useIntent } from "../../lib/intent.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Checkbox, SelectField, TextArea, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";

const REASONS = ["requested", "duplicate", "fraudulent", "other"] as const;

/** The company's answer may still be on its way. */
const told = (status: RefundStatus): string =>
  status === "awaiting_approval"
    ? "Another operator must approve it"
    : status === "succeeded"
      ? "Refunded"
      : "The refund is on its way";

type Refundable = Pick<InstallationPayment, "id" | "currency" | "refundable_minor">;

export function RefundDialog({
  open,
  onOpenChange,
  payment,
}: {
  open: boolean;
  onOpenChange(open: boolean): void;
  payment?: Refundable;
}) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Refund a payment"
      about="The money goes back by the company that took it."
    >
      <RefundForm payment={payment} onDone={() => onOpenChange(false)} />
    </Dialog>
  );
}

/** What was typed, in minor units; an error in words. Of a payment that is only named, minor units are typed. */
function partOf(text: string, payment: Refundable | undefined): number | string {
  if (!payment) return Number(text);
  const digits = digitsOf(payment.currency) ?? 0;
  const amount = parseAmount(text, digits);
  if (amount === null) return digits === 0 ? "A whole number" : `A number with ${digits} places at most`;
  if (amount < 1 || amount > payment.refundable_minor) return `More than nothing, at most ${leftOf(payment)}`;
  return amount;
}

const leftOf = (payment: Refundable): string => formatMoney(payment.refundable_minor, payment.currency);

function RefundForm({ payment, onDone }: { payment: Refundable | undefined; onDone(): void }) {
  const client = useQueryClient();
  const [kind, setKind] = useState<RefundInput["kind"]>("full");
  const [fault, setFault] = useState<string>();
  const intent = useIntent();
  const ask = useMutation({
    mutationFn: (body: RefundInput) => api.createRefund(body, intent.keyFor(body)),
    onSuccess: async ({ status }) => {
      intent.done();
      toast.success(told(status));
      onDone();
      await Promise.all(
        ["refunds", "payments"].map((part) => client.invalidateQueries({ queryKey: [part] })),
      );
    },
  });
  const problem = ask.error instanceof ApiError ? ask.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const note = String(form.get("note")).trim();
    const part = kind === "partial" ? partOf(String(form.get("amount")), payment) : null;
    setFault(typeof part === "string" ? part : undefined);
    if (typeof part === "string") return;
    ask.mutate({
      payment_id: String(form.get("payment_id")).trim(),
      kind,
      ...(part === null ? {} : { amount_minor: part }),
      reason: String(form.get("reason")) as RefundInput["reason"],
      ...(note ? { note } : {}),
      cancel_subscription: String(form.get("cancel_subscription")) as RefundInput["cancel_subscription"],
      clawback: form.has("clawback"),
    });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <TextField
        label="Payment"
        name="payment_id"
        required
        placeholder="pay_…"
        defaultValue={payment?.id}
        readOnly={payment !== undefined}
        error={problem?.fieldError("payment_id")}
      />
      <SelectField
        label="How much"
        value={kind}
        onChange={(event) => setKind(event.target.value as RefundInput["kind"])}
      >
        <option value="full">All that is left{payment && `, ${leftOf(payment)}`}</option>
        <option value="partial">A part</option>
        <option value="prorated">The unused share of the period</option>
      </SelectField>
      {kind === "partial" && (
        <PartField payment={payment} error={fault ?? problem?.fieldError("amount_minor")} />
      )}
      <Why />
      {problem && problem.fields.length === 0 && <Notice tone="bad" title={messageOf(problem)} />}
      <Button type="submit" variant="primary" busy={ask.isPending} className="self-end">
        Refund
      </Button>
    </form>
  );
}

function PartField({ payment, error }: { payment: Refundable | undefined; error: string | undefined }) {
  return (
    <TextField
      label={payment ? `Amount, ${payment.currency.toUpperCase()}` : "Amount in minor units"}
      name="amount"
      {...(payment ? { inputMode: "decimal" } : { type: "number", min: 1, max: 99_999_999 })}
      required
      hint={payment ? `${leftOf(payment)} can be refunded.` : "250 is 2.50 in dollars or euros."}
      error={error}
    />
  );
}

/** Why, whether the subscription ends, and whether the credits go back with the money. */
function Why() {
  return (
    <>
      <SelectField label="Reason" name="reason">
        {REASONS.map((reason) => (
          <option key={reason} value={reason}>
            {humanize(reason)}
          </option>
        ))}
      </SelectField>
      <SelectField label="Subscription" name="cancel_subscription">
        <option value="none">Goes on</option>
        <option value="period_end">Ends with the period</option>
        <option value="now">Ends now</option>
      </SelectField>
      <TextArea label="Note" name="note" maxLength={500} rows={2} hint="Seen by operators only." />
      <Checkbox
        name="clawback"
        defaultChecked
        label="Take the credits back"
        note="In proportion. Off: the organization keeps them."
      />
    </>
  );
}
