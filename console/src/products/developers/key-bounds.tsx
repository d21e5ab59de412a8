import type { ApiKey, ApiKeyInput } from "../../api/types.ts";
import { CacheFields, CompressionFields, MemoryField, RoutingFields } from "../gateway/option-fields.tsx";
import { defaultsOf } from "../gateway/policy-form.ts";
import { TextArea, TextField } from "../../ui/field.tsx";

const MICROS = 1_000_000;

/** Networks, limits and defaults of a key; `apiKey` gives what they are now. */
export function KeyBounds({ apiKey }: { apiKey?: ApiKey }) {
  return (
    <>
      <Limits {...(apiKey && { apiKey })} />
      <Defaults defaults={apiKey?.defaults ?? {}} />
    </>
  );
}

/** What counts for the key's model calls where a call says nothing. */
function Defaults({ defaults }: { defaults: ApiKey["defaults"] }) {
  const unsaid = "The organization's";
  return (
    <details open={Object.keys(defaults).length > 0}>
      <summary className="cursor-pointer text-sm font-medium">Defaults of its model calls</summary>
      <div className="mt-3 flex flex-col gap-4">
        <RoutingFields routing={defaults.routing ?? {}} unsaid={unsaid} />
        <CacheFields cache={defaults.cache ?? null} unsaid={unsaid} mayRefuse />
        <CompressionFields compression={defaults.compression ?? null} unsaid={unsaid} mayRefuse />
        <div className="grid gap-4 sm:grid-cols-2">
          <MemoryField memory={defaults.memory ?? null} unsaid={unsaid} mayRefuse />
        </div>
      </div>
    </details>
  );
}

function Limits({ apiKey }: { apiKey?: ApiKey }) {
  const limits = apiKey?.limits;
  const credits = (micros: number | null | undefined) => (typeof micros === "number" ? micros / MICROS : "");
  return (
    <details open={apiKey !== undefined}>
      <summary className="cursor-pointer text-sm font-medium">Networks and limits</summary>
      <div className="mt-3 grid gap-4 sm:grid-cols-2">
        <TextArea
          label="Allowed networks"
          name="cidrs"
          rows={2}
          className="sm:col-span-2"
          placeholder="203.0.113.0/24"
          defaultValue={apiKey?.allowed_cidrs.join("\n") ?? ""}
          hint="One a line, at most 20; empty allows any"
        />
        <TextField
          label="Tokens a minute"
          name="tpm"
          type="number"
          min={1}
          defaultValue={limits?.tpm ?? ""}
        />
        <TextField
          label="Calls at once"
          name="concurrency"
          type="number"
          min={1}
          defaultValue={limits?.concurrency ?? ""}
        />
        <TextField
          label="Credits a day"
          name="daily"
          type="number"
          min={0}
          step="any"
          defaultValue={credits(limits?.budget_daily_micros)}
        />
        <TextField
          label="Credits a month"
          name="monthly"
          type="number"
          min={0}
          step="any"
          defaultValue={credits(limits?.budget_monthly_micros)}
        />
        <TextArea
          label="Models"
          name="allowed_models"
          rows={2}
          className="sm:col-span-2"
          placeholder="openai/gpt-4o-mini"
          defaultValue={apiKey?.allowed_models.join("\n") ?? ""}
          hint="One a line, at most 100; empty allows all"
        />
        <p className="text-xs text-text-3 sm:col-span-2">
          Tokens, calls at once and models bind model calls; budgets bind all credits that the key spends,
          what runs included, by UTC day and month.
        </p>
      </div>
    </details>
  );
}

type Bounds = Required<Pick<ApiKeyInput, "allowed_cidrs" | "allowed_models" | "defaults" | "limits">>;

export function readBounds(form: FormData, rpm: number | null): Bounds {
  const number = (name: string) => {
    const text = form.get(name);
    return text ? Number(text) : null;
  };
  const micros = (name: string) => {
    const credits = number(name);
    return credits === null ? null : Math.round(credits * MICROS);
  };
  const words = (name: string) =>
    String(form.get(name) ?? "")
      .split(/[\s,]+/)
      .filter(Boolean);
  return {
    allowed_cidrs: words("cidrs"),
    allowed_models: words("allowed_models"),
    defaults: defaultsOf(form),
    limits: {
      rpm,
      tpm: number("tpm"),
      concurrency: number("concurrency"),
      budget_daily_micros: micros("daily"),
      budget_monthly_micros: micros("monthly"),
    },
  };
}
