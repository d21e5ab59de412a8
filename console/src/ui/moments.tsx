import { CreditCard, FileText, Gavel, Gift, type LucideIcon, Tags, Undo2 } from "lucide-react";
import type { Moment } from "../api/types.ts";
import { formatUnit, humanize } from "../lib/format.ts";
import { Id, Time } from "./amounts.tsx";

const ICONS: Record<Moment["kind"], LucideIcon> = {
  payment: CreditCard,
  refund: Undo2,
  dispute: Gavel,
  invoice: FileText,
  subscription: Tags,
  grant: Gift,
};

type Shown = Omit<Moment, "payment_id">;

/** What happened, in the order given; each with its amount and what is told of it. `of`: whose page it is, not named again. */
export function MomentList({ moments, of }: { moments: readonly Shown[]; of?: string }) {
  return (
    <ol aria-label="Timeline" className="flex flex-col px-5">
      {moments.map((moment) => (
        <MomentLine
          key={`${moment.kind} ${moment.id} ${moment.status}`}
          moment={moment}
          named={moment.id !== of}
        />
      ))}
    </ol>
  );
}

function MomentLine({ moment, named }: { moment: Shown; named: boolean }) {
  const Icon = ICONS[moment.kind];
  return (
    <li className="relative flex gap-3 pb-4 last:pb-0 before:absolute before:top-7 before:bottom-0 before:left-3.25 before:w-px before:bg-line last:before:hidden">
      <span
        aria-hidden
        className="flex size-6.5 shrink-0 items-center justify-center rounded-full bg-sunken text-text-2"
      >
        <Icon className="size-3.5" />
      </span>
      <div className="min-w-0 flex-1 pt-0.5 text-sm">
        <p className="flex flex-wrap items-baseline justify-between gap-x-3">
          <span>
            <span className="font-medium">{humanize(moment.kind)}</span>{" "}
            <span className="text-text-2">{humanize(moment.status).toLowerCase()}</span>
          </span>
          {moment.amount !== null && moment.unit !== null && (
            <span className="num">
              {formatUnit(moment.amount, moment.unit)}
              {moment.unit === "credit" && " credits"}
            </span>
          )}
        </p>
        <p className="flex flex-wrap items-center gap-x-2 text-xs text-text-3">
          <Time at={moment.at} />
          {moment.detail && <span className="truncate">{humanize(moment.detail)}</span>}
          {named && <Id id={moment.id} />}
        </p>
      </div>
    </li>
  );
}
