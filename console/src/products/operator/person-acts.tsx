import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import type { PersonDetail } from "../../api/types.ts";
import { useMe } from "../../shell/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { TextArea } from "../../ui/field.tsx";
import { Part } from "../../ui/facts.tsx";

type Act = {
  name: string;
  /** What it does, before it is done. */
  about: ReactNode;
  said: string;
  danger?: boolean;
  /** It asks why. */
  reason?: boolean;
  run(reason: string): Promise<unknown>;
};

/** What can be done about this person now. */
function actsOf({ id, status, operator, mfa, mfa_reset_at: reset }: PersonDetail): Act[] {
  const acts: Act[] = [];
  if (status === "active" || status === "invited")
    acts.push({
      name: "View as",
      about:
        "For half an hour you see what they see, and can change nothing. They are told, with your reason.",
      said: "You see what they see",
      reason: true,
      run: async (reason) => {
        await api.viewAs(id, reason);
        window.location.assign("/");
      },
    });
  if (mfa.length > 0 && !reset)
    acts.push({
      name: "Reset second step",
      about: "Their app, passkeys and backup codes are removed in 24 hours, unless they say no by mail.",
      said: "The second step is removed in 24 hours",
      danger: true,
      run: () => api.resetPersonMfa(id),
    });
  if (operator || status === "active")
    acts.push({
      name: operator ? "Take operator's rights" : "Make an operator",
      about: operator
        ? "They operate this installation no more, and sign in anew."
        : "They may do all that you may, and sign in anew.",
      said: operator ? "No operator any more" : "They operate the installation now",
      danger: true,
      run: () => api.setPersonAdmin(id, !operator),
    });
  if (status === "disabled")
    acts.push({
      name: "Enable",
      about: "They may sign in again; they are told.",
      said: "Enabled",
      reason: true,
      run: (reason) => api.setPersonStatus(id, { active: true, reason }),
    });
  else
    acts.push({
      name: "Disable",
      about:
        "They are signed out everywhere at once and their own keys end for good. They are told, with your reason.",
      said: "Disabled",
      danger: true,
      reason: true,
      run: (reason) => api.setPersonStatus(id, { active: false, reason }),
    });
  return acts;
}

export function PersonActs({ person }: { person: PersonDetail }) {
  const me = useMe();
  const client = useQueryClient();
  const [asking, setAsking] = useState<Act | null>(null);
  const [reason, setReason] = useState("");
  if (person.id === me.user.id) return null;
  const run = async (act: Act) => {
    if (act.reason && reason.trim() === "") throw new Error("Say why: the person reads it.");
    await act.run(reason.trim());
    toast.success(act.said, { description: person.full_name });
    setReason("");
    await client.invalidateQueries({ queryKey: ["people"] });
  };
  return (
    <Part title="Acts">
      <div className="flex flex-wrap gap-2 px-5 pt-1">
        {actsOf(person).map((act) => (
          <Button
            key={act.name}
            size="sm"
            variant={act.name === "Disable" ? "danger" : "secondary"}
            onClick={() => setAsking(act)}
          >
            {act.name}
          </Button>
        ))}
      </div>
      {asking && (
        <Confirm
          open
          onOpenChange={() => setAsking(null)}
          title={`${asking.name}: ${person.full_name}`}
          action={asking.name}
          danger={asking.danger ?? false}
          onConfirm={() => run(asking)}
        >
          <p>{asking.about}</p>
          {asking.reason && (
            <TextArea
              className="mt-3 text-text"
              label="Reason"
              rows={2}
              maxLength={500}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Confirm>
      )}
    </Part>
  );
}
