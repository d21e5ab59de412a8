import { useMutation, useQuery } from "@tanstack/react-query";
import { Download, ShieldCheck } from "lucide-react";
import { useState } from "react";
import { api } from "../../api/operations.ts";
import { messageOf } from "../../api/problem.ts";
import { queries } from "../../api/queries.ts";
import type { AuditVerdict } from "../../api/types.ts";
import { formatInteger, humanize, shortenId } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Notice } from "../../ui/states.tsx";
import { JobProgress } from "../jobs/job-state.tsx";

/**
 * Recomputes the organization's chain, and writes an export that proves itself elsewhere. `installation`: for operators, who
 * look at all trails, the chain of the installation's own.
 */
export function ChainCard({ installation }: { installation: boolean }) {
  const check = useMutation({ mutationFn: installation ? api.verifyInstallation : api.verifyAudit });
  const [exported, setExported] = useState<{ job_id: string; url: string } | null>(null);
  const ask = useMutation({ mutationFn: () => api.exportAudit(crypto.randomUUID()), onSuccess: setExported });
  const error = check.error ?? ask.error;
  return (
    <Card>
      <CardHead
        title={installation ? "The installation's chain" : "Chain"}
        note="Each entry is sealed with the one before it; the end is signed daily."
        actions={
          <div className="flex gap-2">
            {!installation && (
              <Button
                size="sm"
                icon={<Download className="size-3.5" />}
                busy={ask.isPending}
                onClick={() => ask.mutate()}
              >
                Export
              </Button>
            )}
            <Button
              size="sm"
              variant="primary"
              icon={<ShieldCheck className="size-3.5" />}
              busy={check.isPending}
              onClick={() => check.mutate()}
            >
              Verify
            </Button>
          </div>
        }
      />
      <div className="flex flex-col gap-3 p-4">
        {error && <Notice tone="bad" title={messageOf(error)} />}
        {check.data ? (
          <Verdict verdict={check.data} />
        ) : (
          <p className="text-sm text-text-2">Not checked yet.</p>
        )}
        {exported && <Export {...exported} />}
      </div>
    </Card>
  );
}

function Verdict({
  verdict: { ok, checked, head, signed_head: signed, first_bad: bad },
}: {
  verdict: AuditVerdict;
}) {
  if (!ok)
    return (
      <Notice tone="bad" title="The chain is broken">
        {bad && `Entry ${shortenId(bad.entry_id)}, no. ${bad.seq}: ${humanize(bad.reason).toLowerCase()}.`}
      </Notice>
    );
  return (
    <Notice tone="ok" title="The chain is whole">
      <p>
        {formatInteger(checked)} {checked === 1 ? "entry" : "entries"} recomputed.{" "}
        {signed ? `The end was last signed on ${signed.day}.` : "Its end is signed within a day."}
      </p>
      {head && (
        <code title={head.hash} className="block truncate font-mono text-xs">
          {head.hash}
        </code>
      )}
    </Notice>
  );
}

function Export({ job_id: id, url }: { job_id: string; url: string }) {
  const { data: job } = useQuery(queries.exportJob(id));
  if (job?.state === "completed")
    return (
      <Notice
        tone="ok"
        title="The export is ready"
        action={
          <a
            href={url}
            download
            className="inline-flex h-8 items-center gap-1.5 rounded-md border border-line-strong bg-surface px-3 text-sm font-medium text-text shadow-card"
          >
            <Download aria-hidden className="size-3.5" /> Download
          </a>
        }
      >
        For an hour. bin/verify-audit checks it anywhere.
      </Notice>
    );
  if (job?.state === "failed" || job?.state === "cancelled")
    return <Notice tone="bad" title={job.error?.detail ?? "The export was cancelled"} />;
  return (
    <div className="flex items-center gap-3 text-sm text-text-2">
      <span>Writing the export…</span>
      {job && <JobProgress job={job} />}
    </div>
  );
}
