import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { ApiError } from "../../api/problem.ts";
import { queries } from "../../api/queries.ts";
import type { Profile } from "../../api/types.ts";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Checkbox, SelectField, TextField } from "../../ui/field.tsx";
import { Page } from "../../ui/page.tsx";
import { Failure, Notice, Skeleton } from "../../ui/states.tsx";
import { DeletionPanel } from "./deletion-panel.tsx";

const LOCALES = ["en", "en-GB", "de", "fr", "es", "pt-BR", "ja"];
const ZONES = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];

export function ProfileScreen() {
  const profile = useQuery(queries.profile());
  return (
    <Page title="Profile" about="Who you are here, and how we reach you.">
      {profile.data && (
        <>
          <ProfileForm key={profile.dataUpdatedAt} profile={profile.data} />
          <DeletionPanel profile={profile.data} />
        </>
      )}
      {!profile.data && profile.error && (
        <Failure error={profile.error} onRetry={() => void profile.refetch()} />
      )}
      {profile.isPending && <Skeleton className="h-72 w-full" />}
    </Page>
  );
}

function ProfileForm({ profile }: { profile: Profile }) {
  const client = useQueryClient();
  const save = useMutation({ mutationFn: api.changeProfile });
  const problem = save.error instanceof ApiError ? save.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const field = (name: string) => String(form.get(name));
    const email = field("email");
    const change = {
      full_name: field("full_name"),
      locale: field("locale"),
      time_zone: field("time_zone"),
      notifications: { new_device: form.has("new_device") },
      ...(email === profile.email ? {} : { email }),
    };
    save.mutate(change, {
      onSuccess: (next) => {
        toast.success(next.pending_email ? `A mail waits at ${next.pending_email}` : "Your profile is saved");
        client.setQueryData(queries.profile().queryKey, next);
        void client.invalidateQueries({ queryKey: ["me"] });
      },
    });
  };
  return (
    <Card>
      <CardHead title="About you" />
      <form onSubmit={submit} className="flex flex-col gap-4 p-4">
        {problem && problem.fields.length === 0 && <Notice tone="bad" title={problem.title} />}
        {profile.email_flagged && (
          <Notice tone="warn" title="Mail to your address does not arrive">
            Give another address, so that you can reset your password and hear of new sign-ins.
          </Notice>
        )}
        <Fields profile={profile} problem={problem} />
        <fieldset className="flex flex-col">
          <legend className="text-sm font-medium">Mails</legend>
          <Checkbox
            name="new_device"
            label="A sign-in from a device not seen before"
            note="Changes of your password and address are always told."
            defaultChecked={profile.notifications.new_device}
          />
        </fieldset>
        <div>
          <Button type="submit" variant="primary" busy={save.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Card>
  );
}

function Fields({ profile, problem }: { profile: Profile; problem: ApiError | null }) {
  const [locales] = useState(() => [...new Set([profile.locale, ...LOCALES])]);
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <TextField
        label="Name"
        name="full_name"
        defaultValue={profile.full_name}
        maxLength={100}
        autoComplete="name"
        required
        error={problem?.fieldError("full_name")}
      />
      <TextField
        label="E-mail"
        name="email"
        type="email"
        defaultValue={profile.email}
        autoComplete="email"
        required
        hint={
          profile.pending_email
            ? `A mail waits at ${profile.pending_email}: its link makes it your address.`
            : "A new address counts once you have opened the mail we send there."
        }
        error={problem?.fieldError("email")}
      />
      <SelectField label="Language" name="locale" defaultValue={profile.locale}>
        {locales.map((locale) => (
          <option key={locale}>{locale}</option>
        ))}
      </SelectField>
      <SelectField label="Time zone" name="time_zone" defaultValue={profile.time_zone}>
        {ZONES.map((zone) => (
          <option key={zone}>{zone}</option>
        ))}
      </SelectField>
    </div>
  );
}
