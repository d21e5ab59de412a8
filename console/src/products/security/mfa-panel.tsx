import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { queries } from "../../api/queries.ts";
import type { MfaEnrollment, MfaStatus } from "../../api/types.ts";
import { Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { Failure, Notice, Skeleton } from "../../ui/states.tsx";
import { BackupCodesDialog } from "./backup-codes.tsx";
import { EnrollDialog } from "./enroll-dialog.tsx";
import { useProof } from "./proof.tsx";

/** From here on a few more uses lock somebody out. */
const FEW_CODES = 3;

/** What changes with one's second factors. */
export function useFactorsChanged(): () => void {
  const client = useQueryClient();
  return () => {
    for (const key of ["mfa", "passkeys", "me"]) void client.invalidateQueries({ queryKey: [key] });
  };
}

/** The authenticator app and the backup codes. */
export function MfaPanel() {
  const status = useQuery(queries.mfaStatus());
  const changed = useFactorsChanged();
  const proof = useProof();
  const [enrollment, setEnrollment] = useState<MfaEnrollment | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const [asking, setAsking] = useState<"disable" | "codes" | null>(null);
  const enroll = () => proof.run(async () => setEnrollment(await api.enrollMfa()));
  const disable = () =>
    proof.run(async () => {
      await api.disableMfa();
      toast.success("The authenticator app is off");
      changed();
    });
  const regenerate = () =>
    proof.run(async () => {
      setCodes((await api.regenerateCodes()).backup_codes);
      changed();
    });
  const on = status.data?.methods.includes("totp") ?? false;
  return (
    <Card aria-label="Two-step verification">
      <CardHead
        title="Two-step verification"
        note="A code from your phone besides the password."
        actions={
          status.data && (
            <Button size="sm" variant={on ? "secondary" : "primary"} onClick={() => void enroll()}>
              {on ? "Use another app" : "Set up an app"}
            </Button>
          )
        }
      />
      {status.error && <Failure error={status.error} onRetry={() => void status.refetch()} />}
      {status.isPending && (
        <div className="p-4">
          <Skeleton className="h-10 w-full" />
        </div>
      )}
      {status.data && (
        <Lines
          status={status.data}
          onDisable={() => setAsking("disable")}
          onRenew={() => setAsking("codes")}
        />
      )}
      {enrollment && (
        <EnrollDialog
          enrollment={enrollment}
          onClose={() => {
            setEnrollment(null);
            changed();
          }}
        />
      )}
      {codes && <BackupCodesDialog codes={codes} onDone={() => setCodes(null)} />}
      {asking && (
        <Question
          about={asking}
          onClose={() => setAsking(null)}
          onConfirm={asking === "disable" ? disable : regenerate}
        />
      )}
      {proof.dialog}
    </Card>
  );
}

function Lines({ status, onDisable, onRenew }: { status: MfaStatus; onDisable(): void; onRenew(): void }) {
  const { totp_confirmed_at: since, enabled, backup_codes_left: left } = status;
  return (
    <div className="divide-y divide-line">
      <Line
        title="Authenticator app"
        state={<Badge tone={since ? "ok" : "neutral"}>{since ? "On" : "Off"}</Badge>}
        act={
          since && (
            <Button size="sm" onClick={onDisable}>
              Turn off
            </Button>
          )
        }
      >
        {since ? (
          <>
            Since <Time at={since} />
          </>
        ) : (
          "Codes that change every 30 seconds."
        )}
      </Line>
      {enabled ? (
        <Line
          title="Backup codes"
          state={<Badge tone={left > FEW_CODES ? "neutral" : "warn"}>{left} left</Badge>}
          act={
            <Button size="sm" onClick={onRenew}>
              Make new codes
            </Button>
          }
        >
          For when your app or passkey is not at hand.
        </Line>
      ) : (
        <div className="p-4">
          <Notice tone="info" title="Your password alone opens this account">
            Set up an app, or add a passkey below.
          </Notice>
        </div>
      )}
    </div>
  );
}

function Line({
  title,
  state,
  act,
  children,
}: {
  title: string;
  state: ReactNode;
  act: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className="flex min-h-13 flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5">
      <h3 className="text-sm font-medium">{title}</h3>
      {state}
      <p className="min-w-0 flex-1 text-sm text-text-2 max-sm:order-last max-sm:basis-full">{children}</p>
      {act && <span className="max-sm:ml-auto">{act}</span>}
    </div>
  );
}

function Question({
  about,
  onClose,
  onConfirm,
}: {
  about: "disable" | "codes";
  onClose(): void;
  onConfirm(): Promise<void>;
}) {
  const off = about === "disable";
  return (
    <Confirm
      open
      danger={off}
      title={off ? "Turn the authenticator app off?" : "Make new backup codes?"}
      action={off ? "Turn off" : "Make new codes"}
      onOpenChange={onClose}
      onConfirm={onConfirm}
    >
      {off
        ? "Its codes no longer count. Without a passkey your password alone opens this account again."
        : "The codes that you have no longer count."}
    </Confirm>
  );
}
