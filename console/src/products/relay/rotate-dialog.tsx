import { useMutation, useQueryClient } from "@tanstack/react-query";
import { messageOf } from "../../api/problem.ts";
import { relay } from "../../api/relay.ts";
import { useIntent } from "../../lib/intent.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/states.tsx";
import { SecretOnce } from "./secret-once.tsx";

export function RotateDialog({ endpointId, onClose }: { endpointId: string; onClose(): void }) {
  const client = useQueryClient();
  const intent = useIntent();
  const rotate = useMutation({
    mutationFn: () => relay.rotateSecret(endpointId, intent.keyFor(endpointId)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["relay"] }),
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Rotate the secret"
      about={
        rotate.data
          ? undefined
          : "A new one is shown once. For 24 hours each delivery is signed with both, so that you can change over."
      }
    >
      {rotate.data ? (
        <SecretOnce secret={rotate.data.secret} onDone={onClose} />
      ) : (
        <div className="flex flex-col gap-4">
          {rotate.error && <Notice tone="bad" title={messageOf(rotate.error)} />}
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>Cancel</Button>
            <Button variant="primary" busy={rotate.isPending} onClick={() => rotate.mutate()}>
              Rotate
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
