import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { api } from "../../api/operations.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";
import { FrontPage, LINK } from "./front-page.tsx";
import { mailedToken } from "./mailed-token.ts";
import { PASSWORD_HINT } from "./sign-up-screen.tsx";

const back = (
  <Link to="/sign-in" className={LINK}>
    Back to sign-in
  </Link>
);

export function ForgotScreen() {
  const ask = useMutation({ mutationFn: api.requestPasswordReset });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    ask.mutate(String(new FormData(event.currentTarget).get("email")));
  };
  return (
    <FrontPage title="Forgotten the password" foot={back}>
      {ask.isSuccess ? (
        <Notice tone="ok" title="Look into your mail">
          If there is an account with this address, a link to choose a new password is on its way.
        </Notice>
      ) : (
        <form onSubmit={submit} className="flex flex-col gap-4">
          {ask.error && <Notice tone="bad" title={messageOf(ask.error)} />}
          <TextField label="E-mail" name="email" type="email" autoComplete="username" required />
          <Button type="submit" variant="primary" busy={ask.isPending}>
            Send me a link
          </Button>
        </form>
      )}
    </FrontPage>
  );
}

export function ResetScreen() {
  const [token] = useState(mailedToken);
  const reset = useMutation({ mutationFn: (password: string) => api.resetPassword(token, password) });
  const problem = reset.error instanceof ApiError ? reset.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    reset.mutate(String(new FormData(event.currentTarget).get("password")));
  };
  if (reset.isSuccess)
    return (
      <FrontPage title="Done">
        <Notice tone="ok" title="Your new password is set">
          Everything that was signed in as you is signed out.
        </Notice>
        <Link to="/sign-in" className={buttonClass("primary")}>
          Sign in
        </Link>
      </FrontPage>
    );
  return (
    <FrontPage title="Choose a new password" foot={back}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        {problem && problem.fields.length === 0 && <Notice tone="bad" title={problem.title} />}
        <TextField
          label="New password"
          name="password"
          type="password"
          autoComplete="new-password"
          required
          hint={PASSWORD_HINT}
          error={problem?.fieldError("password")}
        />
        <Button type="submit" variant="primary" busy={reset.isPending} disabled={token === ""}>
          Set password
        </Button>
      </form>
    </FrontPage>
  );
}
