import { useMutation } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useEffect } from "react";
import { api } from "../../api/operations.ts";
import {
  askForPasskey,
  autofillWorks,
  offerPasskeys,
  passkeysWork,
  stopAsking,
  wasCancelled,
} from "../../api/passkeys.ts";
import { messageOf } from "../../api/problem.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/states.tsx";

/** What was asked of passkeys is good for five minutes. */
const OFFER_AGAIN_MS = 4 * 60_000;

/** Signs in by a passkey: from the button, or from what the browser offers in the e-mail field. */
export function PasskeySignIn({ onDone }: { onDone(): void }) {
  const login = useMutation({
    mutationFn: async () => api.passkeyLogin(await askForPasskey()),
    onSuccess: onDone,
  });
  usePasskeyOffer(onDone);
  if (!passkeysWork()) return null;
  const failed = login.error && !wasCancelled(login.error);
  return (
    <div className="flex flex-col gap-3">
      {failed && <Notice tone="bad" title={messageOf(login.error)} />}
      <Button icon={<KeyRound className="size-4" />} busy={login.isPending} onClick={() => login.mutate()}>
        Use a passkey
      </Button>
    </div>
  );
}

/** While the form stands, the browser offers passkeys beside saved passwords. */
function usePasskeyOffer(onDone: () => void): void {
  useEffect(() => {
    let gone = false;
    const offer = () =>
      void autofillWorks()
        .then((works) => (works && !gone ? offerPasskeys() : null))
        .then((assertion) => assertion && api.passkeyLogin(assertion))
        .then((signedIn) => signedIn && !gone && onDone())
        // Whatever goes wrong here the person did not ask for: the button tells what is wrong.
        .catch(() => undefined);
    offer();
    const timer = setInterval(offer, OFFER_AGAIN_MS);
    return () => {
      gone = true;
      clearInterval(timer);
      stopAsking();
    };
  }, [onDone]);
}
