import type { Job, JobState } from "../../api/types.ts";
import { formatInteger } from "../../lib/format.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { cx } from "../../ui/class-names.ts";

export const JOB_STATES: { state: JobState; label: string; tone: Tone }[] = [
  { state: "running", label: "Running", tone: "info" },
  { state: "queued", label: "Waiting", tone: "neutral" },
  { state: "scheduled", label: "Scheduled", tone: "neutral" },
  { state: "retrying", label: "Retrying", tone: "warn" },
  { state: "cancelling", label: "Cancelling", tone: "warn" },
  { state: "failed", label: "Failed", tone: "bad" },
  { state: "partial", label: "Partly done", tone: "warn" },
  { state: "cancelled", label: "Cancelled", tone: "neutral" },
  { state: "completed", label: "Completed", tone: "ok" },
];

export const jobStateLabel = (state: JobState): string =>
  JOB_STATES.find((each) => each.state === state)?.label ?? state;

export function JobStateBadge({ state }: { state: JobState }) {
  const tone = JOB_STATES.find((each) => each.state === state)?.tone ?? "neutral";
  return (
    <Badge tone={tone} dot pulse={state === "running" || state === "cancelling"}>
      {jobStateLabel(state)}
    </Badge>
  );
}

const ENDED: ReadonlySet<JobState> = new Set(["completed", "partial", "failed", "cancelled"]);
export const canCancel = ({ state }: Pick<Job, "state">): boolean =>
  state !== "cancelling" && !ENDED.has(state);
export const canRetry = ({ state }: Pick<Job, "state">): boolean => state !== "completed" && ENDED.has(state);

/** How far the job is: a bar and its items, or a dash while it counts none. */
export function JobProgress({ job }: { job: Pick<Job, "percent" | "done" | "failed" | "total" | "kind"> }) {
  if (job.percent === null || job.total === null) {
    if (job.done === 0) return <span className="text-text-3">–</span>;
    return <span className="num">{formatInteger(job.done)} done</span>;
  }
  return (
    <span className="flex items-center gap-2">
      <progress
        aria-label={`Progress of ${job.kind}`}
        value={job.percent}
        max={100}
        className={cx(
          "h-1.5 w-16 shrink-0 appearance-none overflow-hidden rounded-full bg-sunken ring-1 ring-line ring-inset",
          "[&::-webkit-progress-bar]:bg-transparent",
          job.failed > 0
            ? "[&::-moz-progress-bar]:bg-warn [&::-webkit-progress-value]:bg-warn"
            : "[&::-moz-progress-bar]:bg-accent [&::-webkit-progress-value]:bg-accent",
        )}
      />
      <span className="num truncate text-text-2">
        {formatInteger(job.done)} of {formatInteger(job.total)}
      </span>
    </span>
  );
}
