import { useMutation } from "@tanstack/react-query";
import { Check, ShieldCheck, X } from "lucide-react";
import { api } from "../../api/operations.ts";
import { messageOf } from "../../api/problem.ts";
import type { LedgerVerification } from "../../api/types.ts";
import { formatInteger, humanize } from "../../lib/format.ts";
import { Time } from "../../ui/amounts.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { cx } from "../../ui/class-names.ts";
import { Notice } from "../../ui/states.tsx";

/** Recomputes the books from their entries and shows each rule as it holds. */
export function VerifyPanel() {
  const verify = useMutation({ mutationFn: api.verifyLedger });
  const button = (
    <Button
      variant={verify.data ? "secondary" : "primary"}
      icon={<ShieldCheck className="size-4" />}
      busy={verify.isPending}
      onClick={() => verify.mutate()}
    >
      {verify.data ? "Check again" : "Check the books"}
    </Button>
  );
  return (
    <Card>
      <CardHead title="Do the books balance?" note="Recomputed from every entry, now" actions={button} />
      <div aria-live="polite">
        {verify.error && (
          <div className="p-4">
            <Notice tone="bad" title={messageOf(verify.error)} />
          </div>
        )}
        {verify.data && <Report key={verify.submittedAt} report={verify.data} />}
      </div>
    </Card>
  );
}

function Report({ report }: { report: LedgerVerification }) {
  return (
    <div className="flex flex-col gap-4 p-4 sm:flex-row sm:items-start">
      <div className="flex shrink-0 items-center gap-3 sm:w-48 sm:flex-col sm:items-center sm:py-4 sm:text-center">
        <span
          aria-hidden
          className={cx(
            "flex size-14 animate-pop items-center justify-center rounded-full",
            report.ok ? "bg-ok-soft text-ok" : "bg-bad-soft text-bad",
          )}
        >
          {report.ok ? (
            <Check className="size-7" strokeWidth={2.5} />
          ) : (
            <X className="size-7" strokeWidth={2.5} />
          )}
        </span>
        <div>
          <p className="text-base font-semibold">{report.ok ? "Every rule holds" : "The books are broken"}</p>
          <p className="text-xs text-text-3">
            Checked <Time at={report.checked_at} />
          </p>
        </div>
      </div>
      <ol className="min-w-0 flex-1 divide-y divide-line">
        {report.invariants.map((rule, index) => (
          <li key={rule.name} className="flex gap-3 py-2">
            <span
              aria-hidden
              style={{ animationDelay: `${index * 110}ms` }}
              className={cx(
                "mt-0.5 flex size-5 shrink-0 animate-pop items-center justify-center rounded-full",
                rule.fault_count === 0 ? "bg-ok-soft text-ok" : "bg-bad-soft text-bad",
              )}
            >
              {rule.fault_count === 0 ? (
                <Check className="size-3" strokeWidth={3} />
              ) : (
                <X className="size-3" strokeWidth={3} />
              )}
            </span>
            <div className="min-w-0 flex-1 text-sm">
              <p>{rule.statement || humanize(rule.name)}</p>
              {rule.faults.map((fault) => (
                <code key={fault} className="block truncate text-xs text-bad">
                  {fault}
                </code>
              ))}
            </div>
            <p className="num text-xs whitespace-nowrap text-text-3">
              {rule.fault_count > 0 ? `${formatInteger(rule.fault_count)} of ` : ""}
              {formatInteger(rule.checked)} checked
            </p>
          </li>
        ))}
      </ol>
    </div>
  );
}
