import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { api } from "../../api/operations.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";
import { FrontPage } from "./front-page.tsx";
import { mailedToken } from "./mailed-token.ts";

const DONE = {
  verify: "Your address is confirmed, and your account is ready.",
  new_address: "From now on you sign in with this address.",
  undo_address: "The address is back, and everyone who was signed in is signed out.",
  cancel_mfa_reset: "Your two-step verification stays as it is.",
} as const;

/** Where mailed links lead. Opening it spends nothing; its button does. */
export function VerifyScreen() {
  const [token] = useState(mailedToken);
  const verify = useMutation({
    mutationFn: (password: string | undefined) => api.verifyEmail(token, password),
  });
  if (verify.data)
    return (
      <FrontPage title="Done">
        <Notice tone="ok" title={DONE[verify.data.purpose]} />
        <Link to="/sign-in" className={buttonClass("primary")}>
          Sign in
        </Link>
      </FrontPage>
    );
  const code = verify.error instanceof ApiError ? verify.error.code : null;
  const wantsPassword = code === "password_required" || code === "invalid_credentials";
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const password = new FormData(event.currentTarget).get("password");
    verify.mutate(password === null ? undefined : String(password));
  };
  return (
    <FrontPage title="Confirm">
      <form onSubmit={submit} className="flex flex-col gap-4">
        {verify.error && code !== "password_required" && (
          <Notice tone="bad" title={messageOf(verify.error)} />
        )}
        <p className="text-sm text-text-2">
          {wantsPassword
            ? "You registered in another browser, so the password you chose there is asked for."
            : "One click does what the mail said."}
        </p>
        {wantsPassword && (
          <TextField
            label="Password"
            name="password"
            type="password"
            autoComplete="current-password"
            required
          />
        )}
        <Button type="submit" variant="primary" busy={verify.isPending} disabled={token === ""}>
          Confirm
        </Button>
      </form>
    </FrontPage>
  );
}
