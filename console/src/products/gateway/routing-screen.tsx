import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { toast } from "sonner";
import { llm, llmQueries } from "../../api/llm.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import type { LlmPolicy, LlmProviderList } from "../../api/types.ts";
import { formatInteger, humanize } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Checkbox, SelectField, TextArea, TextField } from "../../ui/field.tsx";
import { Page } from "../../ui/page.tsx";
import { Failure, Notice, Skeleton } from "../../ui/states.tsx";
import { CACHES, DEFAULT_CACHE_MINUTES, policyOf, shownList, SORTS, summaryOf } from "./policy-form.ts";

/** How the organization's model calls are routed. */
export function RoutingScreen() {
  const policy = useQuery(llmQueries.policy());
  const served = useQuery(llmQueries.served());
  return (
    <Page
      title="Routing"
      about="Who serves the organization's model calls, and which models may be called. What a call itself wishes goes before it, but for the models."
    >
      <Served providers={served.data?.data} />
      <Card>
        <CardHead title="Policy" note={policy.data && summaryOf(policy.data)} />
        {policy.data ? (
          <PolicyForm key={JSON.stringify(policy.data)} policy={policy.data} />
        ) : policy.error ? (
          <Failure error={policy.error} onRetry={() => void policy.refetch()} />
        ) : (
          <div className="p-4">
            <Skeleton className="h-72 w-full" />
          </div>
        )}
      </Card>
    </Page>
  );
}

type Provider = LlmProviderList["data"][number];
const TONES = { ok: "ok", degraded: "warn", down: "bad" } as const;

function Served({ providers }: { providers: readonly Provider[] | undefined }) {
  if (!providers) return <Skeleton className="h-14 w-full rounded-xl" />;
  return (
    <ul className="flex flex-wrap gap-2" aria-label="Providers">
      {providers.map(({ id, state, models, first_content_p50_ms: ms }) => (
        <li
          key={id}
          className="flex items-center gap-2 rounded-lg border border-line bg-surface px-3 py-2 text-sm"
        >
          <span className="font-medium">{id}</span>
          <Badge tone={TONES[state]} dot>
            {humanize(state)}
          </Badge>
          <span className="num text-xs text-text-3">
            {formatInteger(models)} models{ms !== null && `, ${formatInteger(ms)} ms`}
          </span>
        </li>
      ))}
    </ul>
  );
}

function PolicyForm({ policy }: { policy: LlmPolicy }) {
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: llm.setPolicy,
    onSuccess: async () => {
      toast.success("Routing changed");
      await client.invalidateQueries({ queryKey: ["llm", "policy"] });
    },
  });
  const problem = save.error instanceof ApiError ? save.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    save.mutate(policyOf(new FormData(event.currentTarget)));
  };
  const routing: Routing = policy.routing ?? {};
  return (
    <form onSubmit={submit} className="flex flex-col gap-4 p-4">
      <Wishes routing={routing} />
      <Checkbox
        name="no_fallbacks"
        label="Never try elsewhere"
        note="The first provider's failure is the answer."
        defaultChecked={routing.allow_fallbacks === false}
      />
      <Checkbox
        name="deny_collection"
        label="Nobody who trains on prompts"
        defaultChecked={routing.data_collection === "deny"}
      />
      <Answers cache={policy.cache ?? null} />
      <TextArea
        label="Models that may be called"
        name="allowed_models"
        rows={4}
        spellCheck={false}
        defaultValue={policy.allowed_models?.join("\n") ?? ""}
        hint="One a line. Left empty: every model"
        error={problem?.fieldError("allowed_models")}
      />
      {save.error && <Notice tone="bad" title={messageOf(save.error)} />}
      <div>
        <Button type="submit" variant="primary" busy={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}

type Routing = NonNullable<LlmPolicy["routing"]>;

function Wishes({ routing }: { routing: Routing }) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <SelectField label="Order" name="sort" defaultValue={routing.sort ?? ""}>
        <option value="">As the installation has it</option>
        {SORTS.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </SelectField>
      <ListField label="Asked first, in this order" name="order" list={routing.order} />
      <ListField label="Only these providers" name="only" list={routing.only} />
      <ListField label="Never these" name="ignore" list={routing.ignore} />
      <TextField
        label="Most for input"
        name="max_prompt"
        type="number"
        min={0}
        step="any"
        defaultValue={routing.max_price?.prompt ?? ""}
        hint="USD per million tokens"
      />
      <TextField
        label="Most for output"
        name="max_completion"
        type="number"
        min={0}
        step="any"
        defaultValue={routing.max_price?.completion ?? ""}
        hint="USD per million tokens"
      />
      <ListField
        label="Other models to fall back to"
        name="models"
        list={routing.models}
        hint="Five at most, tried after the call's own"
      />
    </div>
  );
}

/** Whether the same call is answered again, without a provider and at no cost. */
function Answers({ cache }: { cache: LlmPolicy["cache"] | null }) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <SelectField
        label="Answer the same call again"
        name="cache"
        defaultValue={cache?.scope ?? ""}
        hint="Without a provider, at no cost"
      >
        <option value="">Only where a call asks for it</option>
        {CACHES.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </SelectField>
      <TextField
        label="For so long"
        name="cache_minutes"
        type="number"
        min={1}
        max={10_080}
        defaultValue={cache ? Math.round(cache.ttl_seconds / 60) : DEFAULT_CACHE_MINUTES}
        hint="Minutes, a week at most"
      />
    </div>
  );
}

function ListField({
  label,
  name,
  list,
  hint,
}: {
  label: string;
  name: string;
  list: readonly string[] | undefined;
  hint?: string;
}) {
  return (
    <TextField
      label={label}
      name={name}
      autoComplete="off"
      spellCheck={false}
      defaultValue={shownList(list)}
      hint={hint ?? "Separated by commas"}
    />
  );
}
