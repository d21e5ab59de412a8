import type { ApiKey, ApiKeyInput } from "../../api/types.ts";
import { TextArea, TextField } from "../../ui/field.tsx";

const MICROS = 1_000_000;

/** Networks and limits of a key; `apiKey` gives what they are now. */
export function KeyBounds({ apiKey }: { apiKey?: ApiKey }) {
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
        <p className="text-xs text-text-3 sm:col-span-2">
          Calls a minute bind today. Tokens, calls at once and budgets are written down with the key; they do
          not bind calls yet.
        </p>
      </div>
    </details>
  );
}

type Bounds = Required<Pick<ApiKeyInput, "allowed_cidrs" | "limits">>;

export function readBounds(form: FormData, rpm: number | null): Bounds {
  const number = (name: string) => {
    const text = form.get(name);
    return text ? Number(text) : null;
  };
  const micros = (name: string) => {
    const credits = number(name);
    return credits === null ? null : Math.round(credits * MICROS);
  };
  return {
    allowed_cidrs: String(form.get("cidrs") ?? "")
      .split(/[\s,]+/)
      .filter(Boolean),
    limits: {
      rpm,
      tpm: number("tpm"),
      concurrency: number("concurrency"),
      budget_daily_micros: micros("daily"),
      budget_monthly_micros: micros("monthly"),
    },
  };
}
