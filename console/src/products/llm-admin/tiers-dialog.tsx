import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { llm, llmQueries } from "../../api/llm.ts";
import { messageOf } from "../../api/problem.ts";
import { queries } from "../../api/queries.ts";
import type { PriceTier } from "../../api/types.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { Failure, Notice, Skeleton } from "../../ui/states.tsx";
import { emptyTier, rowOf, TIER_LINES, tiersOf, type TierRow, USUAL_LINES } from "./tiers-form.ts";

/** What a model costs for longer prompts and in times of the day, by hand: for what no price list can say. */
export function TiersDialog({ onClose }: { onClose(): void }) {
  const models = useQuery(queries.models());
  const [chosen, setChosen] = useState("");
  const model = chosen || (models.data?.data[0]?.id ?? "");
  const priced = useQuery({ ...llmQueries.model(model), enabled: model !== "" });
  const [provider, setProvider] = useState("");
  const offers = priced.data?.prices ?? [];
  const offer = offers.find((each) => each.provider === provider) ?? offers[0];
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Set tiers"
      about="Prices of longer prompts and of times of the day. They become a draft; nothing counts before it is approved."
    >
      <div className="flex flex-col gap-4">
        <SelectField label="Model" value={model} onChange={(event) => setChosen(event.target.value)}>
          {models.data?.data.map(({ id }) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </SelectField>
        {priced.error && <Failure error={priced.error} onRetry={() => void priced.refetch()} />}
        {priced.isPending && <Skeleton className="h-40 w-full" />}
        {offer && (
          <>
            <SelectField
              label="Provider"
              value={offer.provider}
              onChange={(event) => setProvider(event.target.value)}
            >
              {offers.map((each) => (
                <option key={each.provider} value={each.provider}>
                  {each.provider}
                </option>
              ))}
            </SelectField>
            <TiersForm
              key={`${model} ${offer.provider} ${offer.version}`}
              model={model}
              provider={offer.provider}
              tiers={offer.tiers}
              onClose={onClose}
            />
          </>
        )}
      </div>
    </Dialog>
  );
}

type FormProps = { model: string; provider: string; tiers: readonly PriceTier[]; onClose(): void };

function TiersForm({ model, provider, tiers, onClose }: FormProps) {
  const client = useQueryClient();
  const [rows, setRows] = useState<readonly TierRow[]>(() =>
    tiers.length === 0 ? [emptyTier()] : tiers.map(rowOf),
  );
  const send = useMutation({
    mutationFn: async () => llm.setTiers(model, { provider, tiers: tiersOf(rows) }),
    onSuccess: async ({ outcome }) => {
      toast.success(outcome === "draft" ? "A draft waits for a decision" : "No tier is another than now");
      await client.invalidateQueries({ queryKey: ["llm", "prices"] });
      onClose();
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    send.mutate();
  };
  const change = (key: number, name: keyof TierRow, value: string) =>
    setRows(rows.map((row) => (row.key === key ? { ...row, [name]: value } : row)));
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <p className="text-xs text-text-3">
        USD per million tokens, or for each of what is no token, as the provider asks for them, without the
        markup. An empty price stays as it is otherwise. Where several tiers hold for a call, the lower one in
        this list wins.
      </p>
      {rows.map((row, at) => (
        <TierSet
          key={row.key}
          name={`Tier ${at + 1}`}
          row={row}
          onChange={(name, value) => change(row.key, name, value)}
          onRemove={() => setRows(rows.filter(({ key }) => key !== row.key))}
        />
      ))}
      <div>
        <Button
          size="sm"
          icon={<Plus className="size-3.5" />}
          onClick={() => setRows([...rows, emptyTier()])}
        >
          Add a tier
        </Button>
      </div>
      {send.error && <Notice tone="bad" title={messageOf(send.error)} />}
      <Button type="submit" variant="primary" busy={send.isPending}>
        Make a draft
      </Button>
    </form>
  );
}

function TierSet({
  name,
  row,
  onChange,
  onRemove,
}: {
  name: string;
  row: TierRow;
  onChange(name: keyof TierRow, value: string): void;
  onRemove(): void;
}) {
  const given = (field: keyof TierRow) => ({
    value: String(row[field]),
    onChange: (event: { target: { value: string } }) => onChange(field, event.target.value),
  });
  const rest = TIER_LINES.slice(USUAL_LINES);
  const line = ([name, label]: (typeof TIER_LINES)[number]) => (
    <TextField key={name} label={label} inputMode="decimal" placeholder="As else" {...given(name)} />
  );
  return (
    <fieldset aria-label={name} className="flex flex-col gap-3 rounded-lg border border-line p-3">
      <div className="flex items-center justify-between">
        <span className="text-sm font-medium">{name}</span>
        <IconButton label={`Remove ${name.toLowerCase()}`} onClick={onRemove}>
          <Trash2 className="size-4" />
        </IconButton>
      </div>
      <div className="grid grid-cols-2 gap-3 sm:grid-cols-3">
        <TextField
          label="Prompt over"
          type="number"
          min={1}
          max={10_000_000}
          placeholder="Any"
          className="col-span-2 sm:col-span-1"
          {...given("above")}
        />
        <TextField label="From, UTC" type="time" {...given("from")} />
        <TextField label="Until, UTC" type="time" {...given("to")} />
      </div>
      <div className="grid grid-cols-2 gap-3 sm:grid-cols-3">
        {TIER_LINES.slice(0, USUAL_LINES).map(line)}
      </div>
      <details open={rest.some(([name]) => row[name] !== "") || undefined}>
        <summary className="cursor-pointer text-xs text-text-2">Images, sound, searches, requests</summary>
        <div className="mt-3 grid grid-cols-2 gap-3 sm:grid-cols-3">{rest.map(line)}</div>
      </details>
    </fieldset>
  );
}
