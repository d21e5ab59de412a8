import { Download } from "lucide-react";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/states.tsx";

/** Ten codes, shown this once. */
export function BackupCodes({ codes, onDone }: { codes: readonly string[]; onDone(): void }) {
  const text = codes.join("\n");
  return (
    <div className="flex flex-col gap-4">
      <Notice tone="warn" title="Keep these codes now">
        They are shown this once. Each signs you in one time when your app or passkey is not at hand.
      </Notice>
      <ul
        aria-label="Backup codes"
        className="grid grid-cols-2 gap-x-6 gap-y-1.5 rounded-lg border border-line bg-sunken px-4 py-3 text-center font-mono text-sm"
      >
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex flex-wrap items-center gap-2">
        <CopyButton text={text} label="Copy all" />
        <Button size="sm" icon={<Download className="size-3.5" />} onClick={() => download(text)}>
          Download
        </Button>
        <Button variant="primary" className="ml-auto" onClick={onDone}>
          I have kept them
        </Button>
      </div>
    </div>
  );
}

export function BackupCodesDialog({ codes, onDone }: { codes: readonly string[]; onDone(): void }) {
  return (
    <Dialog open onOpenChange={onDone} title="Your backup codes">
      <BackupCodes codes={codes} onDone={onDone} />
    </Dialog>
  );
}

function download(text: string): void {
  const address = URL.createObjectURL(
    new Blob([`Holdfast backup codes\n\n${text}\n`], { type: "text/plain" }),
  );
  const link = document.createElement("a");
  link.href = address;
  link.download = "holdfast-backup-codes.txt";
  link.click();
  URL.revokeObjectURL(address);
}
