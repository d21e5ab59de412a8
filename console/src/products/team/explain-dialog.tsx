import { useMutation, useQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { api } from "../../api/operations.ts";
import { messageOf } from "../../api/problem.ts";
import { queries } from "../../api/queries.ts";
import type { AccessExplanation, ExplainInput, Member, Permission } from "../../api/types.ts";
import { humanize } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { SelectField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";
import { GROUPS, KEY_SCOPES } from "./permissions.ts";

/** Why can, or can't, this person or key do that? */
export function ExplainDialog({ members, onClose }: { members: readonly Member[]; onClose(): void }) {
  const keys = useQuery(queries.apiKeys());
  const ask = useMutation({ mutationFn: (input: ExplainInput) => api.explain(input) });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const id = String(form.get("subject"));
    const permission = String(form.get("permission")) as Permission;
    ask.mutate({ ...(id.startsWith("key_") ? { key_id: id } : { user_id: id }), permission });
  };
  return (
    <Dialog open onOpenChange={onClose} title="Explain access" about="Names the rule that allows, or denies.">
      <form onSubmit={submit} className="flex flex-col gap-4">
        <SelectField label="Person or key" name="subject">
          <optgroup label="People">
            {members.map((member) => (
              <option key={member.user_id} value={member.user_id}>
                {member.full_name} · {humanize(member.role)}
              </option>
            ))}
          </optgroup>
          <optgroup label="API keys">
            {keys.data?.data.map((key) => (
              <option key={key.id} value={key.id}>
                {key.name} · {key.prefix}
              </option>
            ))}
          </optgroup>
        </SelectField>
        <SelectField label="May they…" name="permission" defaultValue="team.manage">
          {[...GROUPS, { label: "Keys only", names: KEY_SCOPES }].map(({ label, names }) => (
            <optgroup key={label} label={label}>
              {names.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </optgroup>
          ))}
        </SelectField>
        {ask.error && <Notice tone="bad" title={messageOf(ask.error)} />}
        {ask.data && <Verdict explanation={ask.data} />}
        <Button type="submit" variant="primary" busy={ask.isPending}>
          Explain
        </Button>
      </form>
    </Dialog>
  );
}

function Verdict({ explanation }: { explanation: AccessExplanation }) {
  const { allowed, rule, detail } = explanation;
  return (
    <Notice tone={allowed ? "ok" : "warn"} title={allowed ? "Yes, they may" : "No, they may not"}>
      <p>{detail}</p>
      <p className="mt-1 text-xs">
        Rule: <code>{rule}</code>
      </p>
    </Notice>
  );
}
