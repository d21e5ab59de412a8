import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import { queries } from "../../api/queries.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";
import { FrontPage, LINK } from "./front-page.tsx";

export const PASSWORD_HINT = "8 to 128 characters, with upper case, lower case and a digit.";

const signInInstead = (
  <>
    Have an account?{" "}
    <Link to="/sign-in" className={LINK}>
      Sign in
    </Link>
  </>
);

export function SignUpScreen() {
  const register = useMutation({ mutationFn: api.register });
  const providers = useQuery(queries.signInProviders());
  if (register.isSuccess) return <LookIntoYourMail email={register.variables.email} />;
  const problem = register.error instanceof ApiError ? register.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const field = (name: string) => String(form.get(name));
    register.mutate({
      full_name: field("full_name"),
      email: field("email"),
      password: field("password"),
      locale: navigator.language,
    });
  };
  const closed = providers.data && providers.data.registration !== "open";
  return (
    <FrontPage title="Create an account" foot={signInInstead}>
      {closed && (
        <Notice tone="info" title="Accounts are for people who are invited">
          Open the link of your invitation.
        </Notice>
      )}
      <form onSubmit={submit} className="flex flex-col gap-4">
        {problem && problem.fields.length === 0 && <Notice tone="bad" title={problem.title} />}
        <TextField
          label="Name"
          name="full_name"
          autoComplete="name"
          maxLength={100}
          required
          error={problem?.fieldError("full_name")}
        />
        <TextField
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          required
          error={problem?.fieldError("email")}
        />
        <TextField
          label="Password"
          name="password"
          type="password"
          autoComplete="new-password"
          required
          hint={PASSWORD_HINT}
          error={problem?.fieldError("password")}
        />
        <Button type="submit" variant="primary" busy={register.isPending}>
          Create account
        </Button>
      </form>
    </FrontPage>
  );
}

function LookIntoYourMail({ email }: { email: string }) {
  const again = useMutation({
    mutationFn: () => api.resendVerification(email),
    onSuccess: () => toast.success("Sent once more"),
    onError: (error) => toast.error(messageOf(error)),
  });
  return (
    <FrontPage title="Look into your mail" foot={signInInstead}>
      <p className="text-sm text-text-2">
        We have sent a mail to <b className="break-all text-text">{email}</b>. Its link works for 24 hours.
      </p>
      <Button busy={again.isPending} onClick={() => again.mutate()}>
        Send it once more
      </Button>
    </FrontPage>
  );
}
