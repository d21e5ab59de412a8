import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api } from "../../api/operations.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import type { MfaEnrollment } from "../../api/types.ts";
import { CopyIcon } from "../../ui/copy.tsx";
import { Dialog, FormFoot } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";
import { BackupCodes } from "./backup-codes.tsx";

/** Scan, type the first code, keep the backup codes. */
export function EnrollDialog({ enrollment, onClose }: { enrollment: MfaEnrollment; onClose(): void }) {
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={codes ? "Your backup codes" : "Set up an authenticator app"}
      {...(codes
        ? {}
        : { about: "Scan the picture with an app such as Aegis, 1Password or Google Authenticator." })}
    >
      {codes ? (
        <BackupCodes codes={codes} onDone={onClose} />
      ) : (
        <ScanForm enrollment={enrollment} onConfirmed={setCodes} onClose={onClose} />
      )}
    </Dialog>
  );
}

function ScanForm({
  enrollment,
  onConfirmed,
  onClose,
}: {
  enrollment: MfaEnrollment;
  onConfirmed(codes: readonly string[]): void;
  onClose(): void;
}) {
  const confirm = useMutation({
    mutationFn: api.confirmMfa,
    onSuccess: ({ backup_codes }) => onConfirmed(backup_codes),
  });
  const problem = confirm.error instanceof ApiError ? confirm.error : null;
  const wrong = problem?.fieldError("code");
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    confirm.mutate(String(new FormData(event.currentTarget).get("code")).replaceAll(" ", ""));
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      {confirm.error && !wrong && <Notice tone="bad" title={messageOf(confirm.error)} />}
      <img
        alt="QR code for your authenticator app"
        src={`data:image/svg+xml;utf8,${encodeURIComponent(enrollment.qr_svg)}`}
        className="mx-auto size-48 rounded-lg border border-line bg-white"
      />
      <div className="text-center text-xs text-text-2">
        Cannot scan? Type this key:
        <span className="mt-1 flex items-center justify-center gap-1">
          <code aria-label="Key" className="font-mono text-xs break-all text-text">
            {enrollment.secret}
          </code>
          <CopyIcon text={enrollment.secret} label="Copy the key" />
        </span>
      </div>
      <TextField
        label="Code"
        name="code"
        inputMode="numeric"
        autoComplete="one-time-code"
        pattern="[0-9 ]{6,7}"
        maxLength={7}
        required
        hint="The six digits that the app shows now."
        error={wrong && "This is not the code that the app shows now."}
      />
      <FormFoot onCancel={onClose} busy={confirm.isPending}>
        Turn on
      </FormFoot>
    </form>
  );
}
