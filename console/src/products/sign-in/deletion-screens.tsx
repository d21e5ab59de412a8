import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/operations.ts";
import { messageOf } from "../../api/problem.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/states.tsx";
import { FrontPage } from "./front-page.tsx";
import { mailedToken } from "./mailed-token.ts";

/** Where the mail that asks once more leads. */
export function DeleteAccountScreen() {
  const [token] = useState(mailedToken);
  const confirm = useMutation({ mutationFn: () => api.confirmDeletion(token) });
  if (confirm.data)
    return (
      <FrontPage title="Your account will be deleted">
        <Notice tone="info" title={`It is erased on ${confirm.data.scheduled_for?.slice(0, 10) ?? ""}`}>
          Until then you keep it by the link in your mail, or by signing in.
        </Notice>
      </FrontPage>
    );
  return (
    <FrontPage title="Delete your account">
      {confirm.error && <Notice tone="bad" title={messageOf(confirm.error)} />}
      <p className="text-sm text-text-2">
        You are signed out everywhere and your API keys end. After 30 days your name, address, devices and
        ways to sign in are erased for good, with organizations that have nobody else and the credits left in
        them; until then you can change your mind.
      </p>
      <Button
        variant="danger"
        busy={confirm.isPending}
        disabled={token === ""}
        onClick={() => confirm.mutate()}
      >
        Delete my account
      </Button>
    </FrontPage>
  );
}

/** Where the mail that says when leads. */
export function KeepAccountScreen() {
  const [token] = useState(mailedToken);
  const keep = useMutation({ mutationFn: () => api.cancelDeletion({ token }) });
  return (
    <FrontPage title="Keep your account">
      {keep.error && <Notice tone="bad" title={messageOf(keep.error)} />}
      {keep.isSuccess ? (
        <Notice tone="ok" title="Your account stays">
          Sign in as ever.
        </Notice>
      ) : (
        <Button variant="primary" busy={keep.isPending} disabled={token === ""} onClick={() => keep.mutate()}>
          Keep my account
        </Button>
      )}
    </FrontPage>
  );
}
