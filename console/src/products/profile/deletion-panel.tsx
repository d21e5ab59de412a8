import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { messageOf } from "../../api/problem.ts";
import type { Profile } from "../../api/types.ts";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/states.tsx";

export function DeletionPanel({ profile }: { profile: Profile }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const refresh = () => void client.invalidateQueries({ queryKey: ["profile"] });
  const cancel = useMutation({
    mutationFn: (request_id: string) => api.cancelDeletion({ request_id }),
    onError: (error) => toast.error(messageOf(error)),
    onSettled: refresh,
  });
  const { deletion } = profile;
  const request = async () => {
    await api.deleteAccount();
    toast.success("Look into your mail: it asks once more");
    refresh();
  };
  return (
    <Card>
      <CardHead
        title="Delete account"
        note="A mail asks once more; then you have 30 days to change your mind."
      />
      <div className="flex flex-col items-start gap-3 p-4">
        {deletion ? (
          <Notice
            tone="warn"
            title="You asked for your account to be deleted"
            action={
              <Button size="sm" busy={cancel.isPending} onClick={() => cancel.mutate(deletion.request_id)}>
                Keep my account
              </Button>
            }
          >
            Nothing happens before you open the mail we have sent.
          </Notice>
        ) : (
          <Button variant="danger" onClick={() => setAsking(true)}>
            Delete my account
          </Button>
        )}
      </div>
      <Confirm
        open={asking}
        danger
        title="Delete your account?"
        action="Send me the mail"
        onOpenChange={setAsking}
        onConfirm={request}
      >
        You are signed out everywhere, your API keys end, and after 30 days your name, address and ways to
        sign in are erased for good, with organizations that have nobody else.
      </Confirm>
    </Card>
  );
}
