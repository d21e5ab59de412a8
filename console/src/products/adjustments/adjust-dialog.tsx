import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { books } from "../../api/books.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import type { AdjustmentInput, ListedAdjustment } from "../../api/types.ts";
import { digitsOf, parseAmount } from "../../lib/amount.ts";
import { useIntent } from "../../lib/intent.ts";
import { daysAgo } from "../../lib/series.ts";
import { useMe } from "../../shell/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { SelectField, TextArea, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";
import { unitName } from "../ledger/entries.ts";

type Type = ListedAdjustment["type"];
type Asked = { type: Type; body: AdjustmentInput };

/** Gives or takes by hand. Above a bound the answer is that another operator must approve. */
export function AdjustDialog({ org, onClose }: { org: string | undefined; onClose(): void }) {
  const client = useQueryClient();
  const intent = useIntent();
  const ask = useMutation({
    mutationFn: (asked: Asked) => {
      const key = intent.keyFor(asked);
      return asked.type === "grant" ? books.grant(asked.body, key) : books.adjust(asked.body, key);
    },
    onSuccess: async ({ state }) => {
      intent.done();
      if (state === "pending") toast.info("Another operator must approve it");
      else toast.success("Posted");
      onClose();
      await client.invalidateQueries({ queryKey: ["books"] });
    },
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Give or take by hand"
      about="It is posted to the organization's book and kept in the audit trail. Above a bound, another operator approves first."
    >
      <Form org={org} busy={ask.isPending} error={ask.error} onSubmit={(asked) => ask.mutate(asked)} />
    </Dialog>
  );
}

type FormProps = {
  org: string | undefined;
  busy: boolean;
  error: unknown;
  onSubmit(asked: Asked): void;
};

function Form({ org, busy, error, onSubmit }: FormProps) {
  const [type, setType] = useState<Type>("grant");
  const [fault, setFault] = useState<string | null>(null);
  const problem = error instanceof ApiError ? error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const read = readForm(new FormData(event.currentTarget), type);
    setFault(typeof read === "string" ? read : null);
    if (typeof read !== "string") onSubmit({ type, body: read });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <SelectField
        label="What"
        value={type}
        onChange={(event) => setType(event.target.value === "grant" ? "grant" : "adjustment")}
      >
        <option value="grant">A gift, spent like any grant</option>
        <option value="adjustment">A correction, up or down</option>
      </SelectField>
      <OrganizationField org={org} problem={problem} />
      <AmountFields
        type={type}
        error={fault ?? problem?.fieldError("amount")}
        unitError={problem?.fieldError("unit")}
      />
      {type === "grant" && (
        <TextField
          label="Expires at the end of"
          name="expires_on"
          type="date"
          min={daysAgo(0)}
          hint="Empty: never."
          error={problem?.fieldError("expires_at")}
        />
      )}
      <TextArea
        label="Reason"
        name="reason"
        required
        minLength={5}
        maxLength={500}
        rows={2}
        hint="For whoever reads the trail."
        error={problem?.fieldError("reason")}
      />
      {problem && problem.fields.length === 0 && problem.status !== 404 && (
        <Notice tone="bad" title={messageOf(problem)} />
      )}
      <Button type="submit" variant="primary" busy={busy} className="self-end">
        {type === "grant" ? "Give" : "Correct"}
      </Button>
    </form>
  );
}

function OrganizationField({ org, problem }: { org: string | undefined; problem: ApiError | null }) {
  const me = useMe();
  const error = problem?.status === 404 ? "No such organization" : problem?.fieldError("org_id");
  return (
    <>
      <TextField
        label="Organization"
        name="org_id"
        required
        pattern="org_[0-9a-f]{32}"
        title="org_ and 32 characters"
        placeholder="org_…"
        list="own-organizations"
        autoComplete="off"
        defaultValue={org}
        error={error}
      />
      <datalist id="own-organizations">
        {me.organizations.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </datalist>
    </>
  );
}

function AmountFields({
  type,
  error,
  unitError,
}: {
  type: Type;
  error: string | undefined;
  unitError: string | undefined;
}) {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_7rem] items-start gap-3">
      <TextField
        label="Amount"
        name="amount"
        required
        inputMode="decimal"
        autoComplete="off"
        placeholder={type === "grant" ? "100" : "-12.50"}
        hint={type === "grant" ? "Whole units, as in 12.50." : "Below zero takes back."}
        error={error}
      />
      <TextField
        label="Unit"
        name="unit"
        required
        list="ledger-units"
        defaultValue="credit"
        autoComplete="off"
        error={unitError}
      />
      <datalist id="ledger-units">
        {["credit", "usd", "eur", "gbp", "jpy"].map((unit) => (
          <option key={unit} value={unit}>
            {unitName(unit)}
          </option>
        ))}
      </datalist>
    </div>
  );
}

const DAY_MS = 86_400_000;

/** What to send, or what is wrong with the amount. */
function readForm(form: FormData, type: Type): AdjustmentInput | string {
  const unit = String(form.get("unit")).trim().toLowerCase();
  const digits = digitsOf(unit);
  if (digits === null) return `${unit} is no unit of the ledger`;
  const amount = parseAmount(String(form.get("amount")), digits);
  if (amount === null) return digits === 0 ? "A whole number" : `A number with ${digits} places at most`;
  if (amount === 0 || (type === "grant" && amount < 0)) return "Must be above zero";
  const day = type === "grant" ? String(form.get("expires_on")) : "";
  const end = day && new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString();
  return {
    org_id: String(form.get("org_id")).trim(),
    unit,
    amount,
    ...(end && { expires_at: end }),
    reason: String(form.get("reason")).trim(),
  };
}
