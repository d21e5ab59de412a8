import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import { queries } from "../../api/queries.ts";
import type { SsoConnection, SsoInput } from "../../api/types.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Checkbox, TextField } from "../../ui/field.tsx";
import { Failure, Notice, Skeleton } from "../../ui/states.tsx";

/** The organization's own OpenID issuer. Its owners set it. */
export function SsoCard({ organizationId }: { organizationId: string }) {
  const { data, error, refetch } = useQuery(queries.sso(organizationId));
  return (
    <Card>
      <CardHead
        title="Company sign-in"
        note="People of a domain that you prove sign in with your own OpenID issuer"
        actions={
          data && (
            <Badge tone={data.domain_proven ? "ok" : "warn"}>
              {data.domain_proven ? "Domain proven" : "Domain not proven"}
            </Badge>
          )
        }
      />
      {error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Skeleton className="m-4 h-32" />
      ) : (
        <SsoForm organizationId={organizationId} connection={data} />
      )}
    </Card>
  );
}

function SsoForm({
  organizationId,
  connection,
}: {
  organizationId: string;
  connection: SsoConnection | null;
}) {
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: ["sso", organizationId] });
  const save = useMutation({
    mutationFn: (body: SsoInput) => api.setSso(organizationId, body),
    onSuccess: async ({ domain_proven: proven }) => {
      toast.success(proven ? "Saved; the domain is proven" : "Saved; the domain is not proven yet");
      await refresh();
    },
  });
  const remove = useMutation({
    mutationFn: () => api.removeSso(organizationId),
    onSuccess: async () => {
      toast.success("Company sign-in is off");
      await refresh();
    },
  });
  const failed = save.error ?? remove.error;
  const problem = failed instanceof ApiError ? failed : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const secret = String(form.get("client_secret"));
    save.mutate({
      issuer: String(form.get("issuer")),
      client_id: String(form.get("client_id")),
      ...(secret === "" ? {} : { client_secret: secret }),
      domain: String(form.get("domain")),
      required: form.get("required") !== null,
    });
  };
  return (
    <form onSubmit={submit} className="grid gap-4 p-4 sm:grid-cols-2">
      <Fields connection={connection} problem={problem} />
      {connection && <Registration connection={connection} />}
      <div className="sm:col-span-2">
        <Checkbox
          name="required"
          defaultChecked={connection?.required ?? false}
          label="Members below the owners get in this way only"
          note="Owners keep every way in"
        />
      </div>
      {problem && problem.fields.length === 0 && (
        <div className="sm:col-span-2">
          <Notice tone="bad" title={messageOf(problem)} />
        </div>
      )}
      <div className="flex flex-wrap gap-2 sm:col-span-2">
        <Button type="submit" variant="primary" busy={save.isPending}>
          {connection ? "Save and look again" : "Save"}
        </Button>
        {connection && (
          <Button busy={remove.isPending} onClick={() => remove.mutate()}>
            Turn off
          </Button>
        )}
      </div>
    </form>
  );
}

/** What the form shows again as it was saved. */
const TOLD = [
  { name: "issuer", label: "Issuer", type: "url" },
  { name: "domain", label: "Domain", type: "text" },
  { name: "client_id", label: "Client id", type: "text" },
] as const;

function Fields({ connection, problem }: { connection: SsoConnection | null; problem: ApiError | null }) {
  const field = (name: string) => problem?.fieldError(name);
  return (
    <>
      {TOLD.map(({ name, label, type }) => (
        <TextField
          key={name}
          label={label}
          name={name}
          type={type}
          required
          defaultValue={connection?.[name]}
          error={field(name)}
        />
      ))}
      <TextField
        label="Client secret"
        name="client_secret"
        type="password"
        autoComplete="off"
        required={connection === null}
        hint={connection ? "Left empty, the one that is there stays" : undefined}
        error={field("client_secret")}
      />
    </>
  );
}

/** What belongs into the domain's DNS, and what the issuer must know. */
function Registration({ connection }: { connection: SsoConnection }) {
  return (
    <div className="min-w-0 text-sm sm:col-span-2">
      <Notice
        tone={connection.domain_proven ? "info" : "warn"}
        title={connection.domain_proven ? "Keep this TXT record" : "Set this TXT record, then save again"}
      >
        <code className="block font-mono text-xs break-all">{connection.txt_name}</code>
        <code className="block font-mono text-xs break-all">{connection.txt_value}</code>
        <p className="mt-1.5">Register this address with your issuer:</p>
        <code className="block font-mono text-xs break-all">{connection.callback_url}</code>
      </Notice>
    </div>
  );
}
