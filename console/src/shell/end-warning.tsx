import { useEffect } from "react";
import { toast } from "sonner";
import { whenSessionEnds } from "../api/fetch.ts";
import { api } from "../api/operations.ts";

const TOAST = "session-end";
const minutes = (seconds: number): string =>
  seconds < 60 ? "less than a minute" : `${Math.ceil(seconds / 60)} minutes`;

/** Says that the session is about to end, and lets a person who is there go on. */
export function EndWarning() {
  useEffect(() => {
    whenSessionEnds((seconds) => {
      toast.warning(`You are signed out in ${minutes(seconds)}`, {
        id: TOAST,
        duration: seconds * 1_000,
        action: {
          label: "Stay signed in",
          onClick: () => void api.me().then(() => toast.dismiss(TOAST)),
        },
      });
    });
    return () => whenSessionEnds(null);
  }, []);
  return null;
}
