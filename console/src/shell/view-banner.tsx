import { useMutation } from "@tanstack/react-query";
import { Eye } from "lucide-react";
import { api } from "../api/operations.ts";
import { messageOf } from "../api/problem.ts";
import { Time } from "../ui/amounts.tsx";
import { Button } from "../ui/button.tsx";
import { useMe } from "./session.tsx";

/** Says on every screen that an operator looks at somebody's account, and leads back. */
export function ViewBanner() {
  const me = useMe();
  const end = useMutation({
    mutationFn: api.endView,
    // Everything on the page is another person's: it is read anew.
    onSuccess: () => window.location.assign("/people"),
  });
  if (!me.view_as) return null;
  return (
    <output className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-line bg-warn-soft px-4 py-2 text-sm text-warn sm:px-6">
      <Eye aria-hidden className="size-4 shrink-0" />
      <p className="min-w-0 flex-1 basis-56">
        <span className="font-medium">You see what {me.user.full_name} sees.</span> Nothing can be changed. It
        ends <Time at={me.view_as.ends_at} />.{end.error && ` ${messageOf(end.error)}`}
      </p>
      <Button size="sm" busy={end.isPending} onClick={() => end.mutate()}>
        Back to my account
      </Button>
    </output>
  );
}
