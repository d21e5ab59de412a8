import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { ApiError } from "../../api/problem.ts";
import { tokenQueries, tokens } from "../../api/tokens.ts";
import type { LimitRule, LimitsInput, TokenLimits } from "../../api/types.ts";
import { useMe } from "../../shell/session.tsx";
import { Dialog, FormFoot } from "../../ui/dialog.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";

const MICROS = 1_000_000;

/** All limits of the organization or of one person in it. */
export function LimitsDialog({ limits, onClose }: { limits: TokenLimits; onClose(): void }) {
  const me = useMe();
  const client = useQueryClient();
  const members = useQuery(tokenQueries.memberNames());
  const [subject, setSubject] = useState(me.organization.id);
  const save = useMutation({
    mutationFn: (input: LimitsInput) => tokens.setLimits(input),
    async onSuccess() {
      toast.success("Limits set");
      onClose();
      await client.invalidateQueries({ queryKey: ["token-limits"] });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    save.mutate({
      subject_type: subject === me.organization.id ? "org" : "user",
      subject_id: subject,
      ...readLimits(form),
    });
  };
  const problem = save.error instanceof ApiError ? save.error : null;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Set limits"
      about="What is left empty is inherited: a person from the organization, the organization from its plan."
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        <SelectField
          label="Whose"
          name="subject"
          value={subject}
          onChange={(event) => setSubject(event.target.value)}
        >
          <option value={me.organization.id}>{me.organization.name}, the organization</option>
          {members.data?.data.map(({ user_id: id, full_name: name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </SelectField>
        <LimitFields
          key={subject}
          rule={limits.rules.find((rule) => rule.subject_id === subject)}
          plan={limits.plan}
          problem={problem}
        />
        {save.error && (!problem || problem.fields.length === 0) && (
          <Notice tone="bad" title={problem?.title ?? "The limits could not be set"}>
            {problem?.detail}
          </Notice>
        )}
        <FormFoot onCancel={onClose} busy={save.isPending}>
          Set limits
        </FormFoot>
      </form>
    </Dialog>
  );
}

type FieldsProps = { rule: LimitRule | undefined; plan: TokenLimits["plan"]; problem: ApiError | null };

function LimitFields({ rule, plan, problem }: FieldsProps) {
  const rates = [
    { name: "rpm", label: "Calls a minute" },
    { name: "tpm", label: "Tokens a minute" },
    { name: "concurrency", label: "Calls at once" },
  ] as const;
  const budgets = [
    { name: "budget_daily_micros", label: "Credits a day" },
    { name: "budget_monthly_micros", label: "Credits a month" },
  ] as const;
  const credits = (micros: number | null | undefined) => (typeof micros === "number" ? micros / MICROS : "");
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      {rates.map(({ name, label }) => (
        <TextField
          key={name}
          label={label}
          name={name}
          type="number"
          min={1}
          defaultValue={rule?.[name] ?? ""}
          placeholder={plan[name] === null ? "No limit" : String(plan[name])}
          error={problem?.fieldError(name)}
        />
      ))}
      <TextField
        label="Tell the owners at, in percent"
        name="percents"
        defaultValue={(rule?.alert_percents ?? [80, 100]).join(", ")}
        error={problem?.fieldError("alert_percents")}
      />
      {budgets.map(({ name, label }) => (
        <TextField
          key={name}
          label={label}
          name={name}
          type="number"
          min={0}
          step="any"
          defaultValue={credits(rule?.[name])}
          placeholder="No budget"
          hint="By UTC; what runs counts as held"
          error={problem?.fieldError(name)}
        />
      ))}
    </div>
  );
}

function readLimits(form: FormData): Omit<LimitsInput, "subject_type" | "subject_id"> {
  const number = (name: string) => {
    const text = form.get(name);
    return text ? Number(text) : null;
  };
  const micros = (name: string) => {
    const credits = number(name);
    return credits === null ? null : Math.round(credits * MICROS);
  };
  return {
    rpm: number("rpm"),
    tpm: number("tpm"),
    concurrency: number("concurrency"),
    budget_daily_micros: micros("budget_daily_micros"),
    budget_monthly_micros: micros("budget_monthly_micros"),
    alert_percents: String(form.get("percents"))
      .split(/[\s,]+/)
      .filter(Boolean)
      .map(Number),
  };
}
