import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useEffect } from "react";
import { setSession } from "../../api/http.ts";
import { api } from "../../api/operations.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import { queries } from "../../api/queries.ts";
import type { InvitationPage, Me } from "../../api/types.ts";
import { Logo } from "../../shell/logo.tsx";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Notice, Skeleton } from "../../ui/states.tsx";

const KEPT = "holdfast.invitation";

/** Out of the address at once, kept for this tab while its person signs in or up. */
function readToken(): string {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given !== null) {
    sessionStorage.setItem(KEPT, given);
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem(KEPT) ?? "";
}

export function InvitationScreen() {
  const token = readToken();
  useEffect(() => {
    document.title = "Invitation · Holdfast";
  }, []);
  const page = useQuery({
    queryKey: ["invitation", token],
    queryFn: () => api.readInvitation(token),
    retry: false,
    staleTime: Infinity,
  });
  const me = useQuery(queries.me());
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-6 p-4">
      <Logo />
      <div className="w-full max-w-sm rounded-xl border border-line bg-surface p-6 shadow-card">
        {page.error ? (
          <Gone error={page.error} />
        ) : page.data && !me.isPending ? (
          <Offer token={token} page={page.data} me={me.data ?? null} />
        ) : (
          <Skeleton className="h-32 w-full" />
        )}
      </div>
    </main>
  );
}

function Gone({ error }: { error: unknown }) {
  const spent = error instanceof ApiError && (error.status === 410 || error.status === 422);
  return (
    <div className="flex flex-col gap-4">
      <h1 className="text-base font-semibold">Invitation</h1>
      <Notice tone="warn" title={spent ? "This invitation no longer works" : messageOf(error)}>
        {spent && "It was used, withdrawn or has expired. Ask whoever sent it for another."}
      </Notice>
    </div>
  );
}

function Offer({ token, page, me }: { token: string; page: InvitationPage; me: Me | null }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const accept = useMutation({
    mutationFn: async () => {
      setSession(me && { csrfToken: me.session?.csrf_token ?? "", organizationId: me.organization.id });
      const { organization } = await api.acceptInvitation(token);
      await api.switchOrganization(organization.id);
    },
    onSuccess: () => {
      sessionStorage.removeItem(KEPT);
      setSession(null);
      client.clear();
      location.assign("/");
    },
  });
  const own = me?.user.email === page.email;
  return (
    <div className="flex flex-col gap-4">
      <h1 className="text-base font-semibold">Join {page.organization}</h1>
      <p className="text-sm text-text-2">
        You are invited as <strong className="font-medium text-text">{page.role}</strong>. The invitation is
        for <strong className="font-medium break-all text-text">{page.email}</strong>.
      </p>
      {accept.error && <Notice tone="bad" title={messageOf(accept.error)} />}
      {own && (
        <Button variant="primary" busy={accept.isPending} onClick={() => accept.mutate()}>
          Accept and open {page.organization}
        </Button>
      )}
      {me && !own && (
        <Notice tone="warn" title={`You are signed in as ${me.user.email}`}>
          Sign out, then open the link again with the invited address.
        </Notice>
      )}
      {!me && (
        <>
          <Button
            variant="primary"
            onClick={() => void navigate({ to: "/sign-in", search: { next: "/invitation" } })}
          >
            Sign in to accept
          </Button>
          <NewAccount token={token} email={page.email} />
        </>
      )}
    </div>
  );
}

/** The mail has proved the address, so whoever registers by it is in at once. */
function NewAccount({ token, email }: { token: string; email: string }) {
  const join = useMutation({
    mutationFn: async ({ name, password }: { name: string; password: string }) => {
      const person = { email, password, full_name: name, locale: navigator.language };
      await api.register({ ...person, invitation_token: token });
      await api.login({ email, password });
    },
    onSuccess: () => {
      sessionStorage.removeItem(KEPT);
      location.assign("/");
    },
  });
  const problem = join.error instanceof ApiError ? join.error : null;
  const known = problem?.status === 401;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    join.mutate({ name: String(form.get("name")), password: String(form.get("password")) });
  };
  return (
    <details>
      <summary className="cursor-pointer text-sm text-text-2">No account yet? Make one</summary>
      <form onSubmit={submit} className="mt-3 flex flex-col gap-4">
        <TextField
          label="Name"
          name="name"
          autoComplete="name"
          required
          maxLength={100}
          error={problem?.fieldError("full_name")}
        />
        <TextField
          label="Password"
          name="password"
          type="password"
          autoComplete="new-password"
          required
          hint="8 to 128 characters, with upper case, lower case and a digit."
          error={problem?.fieldError("password")}
        />
        {join.error && !problem?.fields.length && (
          <Notice tone="bad" title={known ? "There is an account already: sign in" : messageOf(join.error)} />
        )}
        <Button type="submit" busy={join.isPending}>
          Create account and join
        </Button>
      </form>
    </details>
  );
}
