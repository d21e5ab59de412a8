import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import type { OrganizationDetail, OrganizationPolicy, PolicyInput } from "../../api/types.ts";
import { useMe } from "../../shell/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Checkbox, TextArea, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";

const METHODS = [
  { method: "totp", label: "Authenticator app" },
  { method: "passkey", label: "Passkey" },
] as const;

/** What the organization asks of those who work in it. Its owners set it. */
export function PolicyCard({ organization }: { organization: OrganizationDetail }) {
  const me = useMe();
  const client = useQueryClient();
  const { policy } = organization;
  const mayChange = me.permissions.includes("organization.manage");
  const save = useMutation({
    mutationFn: (body: PolicyInput) => api.setPolicy(organization.id, body),
    onSuccess: async () => {
      toast.success("Policy saved");
      await client.invalidateQueries({ queryKey: ["organization"] });
    },
  });
  const problem = save.error instanceof ApiError ? save.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    save.mutate(readForm(new FormData(event.currentTarget)));
  };
  return (
    <Card>
      <CardHead title="Policy" note="Counts for everybody's next call" />
      <form onSubmit={submit} className="p-4">
        <fieldset disabled={!mayChange} className="grid gap-4 sm:grid-cols-2">
          <Factors policy={policy} problem={problem} />
          <Bounds policy={policy} problem={problem} />
        </fieldset>
        {save.error && problem?.fields.length === 0 && (
          <div className="mt-4">
            <Notice tone="bad" title={messageOf(save.error)} />
          </div>
        )}
        {mayChange && (
          <Button type="submit" variant="primary" className="mt-4" busy={save.isPending}>
            Save policy
          </Button>
        )}
      </form>
    </Card>
  );
}

type Part = { policy: OrganizationPolicy; problem: ApiError | null };

function Factors({ policy, problem }: Part) {
  return (
    <div>
      <Checkbox
        name="mfa_required"
        defaultChecked={policy.mfa_required}
        label="Everybody needs a second factor"
        note="Whoever has none may only set one up"
      />
      <fieldset className="mt-2 pl-6.5">
        <legend className="text-xs text-text-3">Those that count</legend>
        {METHODS.map(({ method, label }) => (
          <Checkbox
            key={method}
            name="methods"
            value={method}
            defaultChecked={policy.methods.includes(method)}
            label={label}
          />
        ))}
      </fieldset>
      {problem?.fieldError("methods") && <p className="text-xs text-bad">Choose at least one.</p>}
    </div>
  );
}

function Bounds({ policy, problem }: Part) {
  const networkError = problem?.fields.find(({ pointer }) => pointer.startsWith("/ip_allow"))?.detail;
  return (
    <div className="flex flex-col gap-4">
      <TextField
        label="Sessions end after"
        name="idle_minutes"
        type="number"
        min={5}
        max={30}
        placeholder="The installation's"
        defaultValue={policy.idle_minutes ?? ""}
        hint="Minutes without a call, 5 to 30"
        error={problem?.fieldError("idle_minutes")}
      />
      <TextArea
        label="Allowed networks"
        name="ip_allow"
        rows={3}
        placeholder="203.0.113.0/24"
        defaultValue={policy.ip_allow.join("\n")}
        hint="One a line, for people and keys; empty allows any"
        error={networkError}
      />
    </div>
  );
}

function readForm(form: FormData): PolicyInput {
  const minutes = String(form.get("idle_minutes"));
  return {
    mfa_required: form.get("mfa_required") !== null,
    methods: form.getAll("methods") as PolicyInput["methods"],
    idle_minutes: minutes === "" ? null : Number(minutes),
    ip_allow: String(form.get("ip_allow"))
      .split(/[\s,]+/)
      .filter(Boolean),
  };
}
