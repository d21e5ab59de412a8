import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { ApiError } from "../../api/problem.ts";
import { queries } from "../../api/queries.ts";
import type { BillingCustomer } from "../../api/types.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { TextField } from "../../ui/field.tsx";
import { Failure, Notice, Skeleton } from "../../ui/states.tsx";

const MAX_TAX_IDS = 5;
const ADDRESS = [
  ["line1", "Address", "address-line1"],
  ["line2", "Second line", "address-line2"],
  ["postal_code", "Postal code", "postal-code"],
  ["city", "City", "address-level2"],
  ["state", "State or province", "address-level1"],
  ["country", "Country (two letters)", "country"],
] as const;

/** Who pays, as invoices show it. */
export function PayerCard() {
  const customer = useQuery(queries.billingCustomer());
  return (
    <Card>
      <CardHead title="Who pays" note="As it stands on receipts and invoices" />
      {customer.data ? (
        <PayerForm key={customer.dataUpdatedAt} customer={customer.data} />
      ) : customer.error ? (
        <Failure error={customer.error} onRetry={() => void customer.refetch()} />
      ) : (
        <Skeleton className="m-4 h-56" />
      )}
    </Card>
  );
}

function PayerForm({ customer }: { customer: BillingCustomer }) {
  const client = useQueryClient();
  const [taxIds, setTaxIds] = useState(customer.tax_ids.map((row, at) => ({ ...row, at })));
  const save = useMutation({
    mutationFn: api.changeBillingCustomer,
    onSuccess: (next) => {
      client.setQueryData(queries.billingCustomer().queryKey, next);
      if (next.state !== "refused") toast.success("Saved");
    },
  });
  const problem = save.error instanceof ApiError ? save.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const field = (name: string) => String(form.get(name) ?? "").trim() || null;
    const parts = Object.fromEntries(ADDRESS.map(([name]) => [name, field(name)]));
    save.mutate({
      name: field("name"),
      email: field("email"),
      address: Object.values(parts).some((part) => part !== null)
        ? { ...parts, country: parts["country"]?.toUpperCase() ?? null }
        : null,
      tax_ids: taxIds.flatMap(({ at }) => {
        const [type, value] = [field(`tax_type_${at}`), field(`tax_value_${at}`)];
        return type !== null && value !== null ? [{ type, value }] : [];
      }),
    });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4 p-4">
      {customer.state === "refused" && (
        <Notice tone="bad" title="Stripe does not take this">
          It answered {customer.refused_code}. Correct it and save again.
        </Notice>
      )}
      {problem && problem.fields.length === 0 && <Notice tone="bad" title={problem.title} />}
      <PayerFields customer={customer} problem={problem} />
      <TaxIds rows={taxIds} onChange={setTaxIds} />
      <div>
        <Button type="submit" variant="primary" busy={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}

type TaxIdRow = { type: string; value: string; at: number };

function TaxIds({ rows, onChange }: { rows: readonly TaxIdRow[]; onChange(rows: TaxIdRow[]): void }) {
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="mb-2 text-sm font-medium">Tax ids</legend>
      {rows.map((row) => (
        <div key={row.at} className="flex items-end gap-2">
          <TextField
            label="Kind"
            name={`tax_type_${row.at}`}
            defaultValue={row.type}
            placeholder="eu_vat"
            className="min-w-0 flex-1"
          />
          <TextField
            label="Number"
            name={`tax_value_${row.at}`}
            defaultValue={row.value}
            placeholder="DE123456789"
            className="min-w-0 flex-1"
          />
          <IconButton
            label="Remove this tax id"
            onClick={() => onChange(rows.filter(({ at }) => at !== row.at))}
          >
            <X className="size-4" />
          </IconButton>
        </div>
      ))}
      <div>
        <Button
          icon={<Plus className="size-4" />}
          disabled={rows.length >= MAX_TAX_IDS}
          onClick={() =>
            onChange([...rows, { type: "", value: "", at: Math.max(-1, ...rows.map(({ at }) => at)) + 1 }])
          }
        >
          Add a tax id
        </Button>
      </div>
    </fieldset>
  );
}

function PayerFields({ customer, problem }: { customer: BillingCustomer; problem: ApiError | null }) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <TextField
        label="Name"
        name="name"
        defaultValue={customer.name ?? ""}
        maxLength={200}
        autoComplete="organization"
        error={problem?.fieldError("name")}
      />
      <TextField
        label="E-mail for receipts"
        name="email"
        type="email"
        defaultValue={customer.email ?? ""}
        autoComplete="email"
        error={problem?.fieldError("email")}
      />
      {ADDRESS.map(([name, label, autoComplete]) => (
        <TextField
          key={name}
          label={label}
          name={name}
          defaultValue={customer.address?.[name] ?? ""}
          maxLength={name === "country" ? 2 : 100}
          autoComplete={autoComplete}
          error={problem?.fieldError(`address/${name}`)}
        />
      ))}
    </div>
  );
}
