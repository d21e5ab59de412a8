import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import { lists, queries, useList } from "../../api/queries.ts";
import type { OrganizationDetail } from "../../api/types.ts";
import { useMe } from "../../shell/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { Page } from "../../ui/page.tsx";
import { Failure, Notice, Skeleton } from "../../ui/states.tsx";
import { PolicyCard } from "./policy-card.tsx";
import { SsoCard } from "./sso-card.tsx";

export function OrganizationScreen() {
  const me = useMe();
  const { data, error, refetch } = useQuery(queries.organization(me.organization.id));
  return (
    <Page title="Organization" about="Its name, its rules, and what only an owner does.">
      {data ? (
        <>
          {data.suspended && (
            <Notice tone="warn" title="This organization is suspended">
              Billing and export go on; everything else waits for the operator.
            </Notice>
          )}
          <NameCard organization={data} />
          <PolicyCard organization={data} />
          {me.role === "owner" && <SsoCard organizationId={data.id} />}
          {me.role === "owner" && !data.personal && <OwnerCard organization={data} />}
        </>
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Skeleton className="h-48 w-full" />
      )}
    </Page>
  );
}

type Props = { organization: OrganizationDetail };

function NameCard({ organization }: Props) {
  const me = useMe();
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (body: { name: string; slug?: string }) => api.changeOrganization(organization.id, body),
    onSuccess: async () => {
      toast.success("Saved");
      await client.invalidateQueries({ queryKey: ["organization"] });
      await client.invalidateQueries({ queryKey: ["me"] });
    },
  });
  const problem = save.error instanceof ApiError ? save.error : null;
  const mayName = me.permissions.includes("settings.manage");
  const maySlug = me.permissions.includes("organization.manage");
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const slug = String(form.get("slug") ?? organization.slug);
    save.mutate({ name: String(form.get("name")), ...(slug === organization.slug ? {} : { slug }) });
  };
  return (
    <Card>
      <CardHead title="Name" />
      <form onSubmit={submit} className="grid gap-4 p-4 sm:grid-cols-2">
        <TextField
          label="Name"
          name="name"
          required
          maxLength={100}
          defaultValue={organization.name}
          disabled={!mayName}
          error={problem?.fieldError("name")}
        />
        <TextField
          label="Slug"
          name="slug"
          required
          pattern="[a-z0-9\-]{3,63}"
          defaultValue={organization.slug}
          disabled={!maySlug}
          hint="3 to 63 small letters, digits and hyphens; an owner's to change"
          error={problem?.fieldError("slug") ?? (problem?.code === "slug_taken" ? problem.title : undefined)}
        />
        {problem && problem.fields.length === 0 && problem.code !== "slug_taken" && (
          <Notice tone="bad" title={messageOf(problem)} />
        )}
        {mayName && (
          <div className="sm:col-span-2">
            <Button type="submit" variant="primary" busy={save.isPending}>
              Save
            </Button>
          </div>
        )}
      </form>
    </Card>
  );
}

function OwnerCard({ organization }: Props) {
  const [asking, setAsking] = useState<"transfer" | "delete" | null>(null);
  const [heir, setHeir] = useState("");
  const me = useMe();
  const members = useList(lists.members(undefined)).rows ?? [];
  const others = members.filter(({ user_id: id }) => id !== me.user.id);
  const chosen = others.find(({ user_id: id }) => id === heir) ?? others[0];
  return (
    <Card>
      <CardHead title="Owner" note="Both ask you to prove that it is you" />
      <div className="flex flex-col gap-5 p-4">
        <div className="flex flex-wrap items-end gap-3">
          <SelectField
            label="Transfer to"
            className="min-w-0 flex-1 sm:max-w-xs"
            value={chosen?.user_id ?? ""}
            disabled={others.length === 0}
            onChange={(event) => setHeir(event.target.value)}
          >
            {others.map((member) => (
              <option key={member.user_id} value={member.user_id}>
                {member.full_name}
              </option>
            ))}
          </SelectField>
          <Button disabled={!chosen} onClick={() => setAsking("transfer")}>
            Transfer…
          </Button>
        </div>
        <div>
          <Button variant="danger" onClick={() => setAsking("delete")}>
            Delete organization…
          </Button>
        </div>
      </div>
      {asking === "transfer" && chosen && (
        <Confirm
          open
          danger
          title={`Make ${chosen.full_name} the owner?`}
          action="Transfer"
          onOpenChange={() => setAsking(null)}
          onConfirm={() =>
            api.transferOrganization(organization.id, chosen.user_id).then(() => location.assign("/team"))
          }
        >
          You become an admin. Only they can give it back.
        </Confirm>
      )}
      {asking === "delete" && (
        <Confirm
          open
          danger
          title={`Delete ${organization.name}?`}
          action="Delete for good"
          onOpenChange={() => setAsking(null)}
          onConfirm={() => api.deleteOrganization(organization.id).then(() => location.assign("/"))}
        >
          Everybody loses access and every API key ends at once. Its books are kept; nobody can open them.
        </Confirm>
      )}
    </Card>
  );
}
