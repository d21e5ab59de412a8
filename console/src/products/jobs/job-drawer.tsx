import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { CircleX, RotateCcw } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { queries } from "../../api/queries.ts";
import type { JobDetail } from "../../api/types.ts";
import { formatInteger, humanize } from "../../lib/format.ts";
import { useMe } from "../../shell/session.tsx";
import { Id, Time } from "../../ui/amounts.tsx";
import { Button } from "../../ui/button.tsx";
import { Confirm, Drawer } from "../../ui/dialog.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";
import { Failure, Notice } from "../../ui/states.tsx";
import { Loading } from "../payments/payment-drawer.tsx";
import { canCancel, canRetry, JobProgress, JobStateBadge } from "./job-state.tsx";

const route = getRouteApi("/app/jobs/$jobId");

export function JobDrawer() {
  const { jobId } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(queries.job(jobId));
  return (
    <Drawer
      open
      onOpenChange={() => void navigate({ to: "/jobs", search })}
      title={<span className="font-mono text-sm">{data?.kind ?? "Job"}</span>}
      subtitle={<Id id={jobId} full />}
      actions={data && <Actions job={data} />}
    >
      {data ? (
        <Body job={data} />
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Loading />
      )}
    </Drawer>
  );
}

function Actions({ job }: { job: JobDetail }) {
  const me = useMe();
  const client = useQueryClient();
  const [asking, setAsking] = useState<"cancel" | "retry" | null>(null);
  const manages = me.permissions.includes("jobs.manage");
  const act = async (call: Promise<unknown>, said: string) => {
    await call;
    toast.success(said, { description: job.kind });
    await client.invalidateQueries({ queryKey: ["jobs"] });
  };
  return (
    <>
      {canRetry(job) && manages && (
        <Button
          size="sm"
          variant="primary"
          icon={<RotateCcw className="size-3.5" />}
          onClick={() => setAsking("retry")}
        >
          Retry
        </Button>
      )}
      {canCancel(job) && (manages || job.created_by === me.user.id) && (
        <Button size="sm" icon={<CircleX className="size-3.5" />} onClick={() => setAsking("cancel")}>
          Cancel job
        </Button>
      )}
      <Confirm
        open={asking === "retry"}
        onOpenChange={() => setAsking(null)}
        title="Run this job again?"
        action="Retry"
        onConfirm={() => act(api.retryJob(job.id), "The job waits for its turn")}
      >
        Only what it has not done yet is done. It gets a fresh count of attempts.
      </Confirm>
      <Confirm
        open={asking === "cancel"}
        onOpenChange={() => setAsking(null)}
        title="Cancel this job?"
        action="Cancel job"
        danger
        onConfirm={() => act(api.cancelJob(job.id), "The job is cancelled")}
      >
        One that waits ends at once, one that runs within five seconds. What it has done stays done.
      </Confirm>
    </>
  );
}

const PRIORITIES = ["Critical", "High", "Normal", "Low"];

function Body({ job }: { job: JobDetail }) {
  return (
    <>
      {job.error && (
        <div className="px-5 pt-4">
          <Notice tone={job.state === "retrying" ? "warn" : "bad"} title={job.error.detail}>
            <code className="text-xs">{job.error.code}</code>
          </Notice>
        </div>
      )}
      <Part title="Job">
        <Facts>
          <Fact name="State">
            <JobStateBadge state={job.state} />
          </Fact>
          <Fact name="Items">
            <JobProgress job={job} />
          </Fact>
          {job.failed > 0 && (
            <Fact name="Failed items">
              <span className="num text-bad">{formatInteger(job.failed)}</span>
            </Fact>
          )}
          <Fact name="Attempts">
            {formatInteger(job.attempts)} of {formatInteger(job.max_attempts)}
            {job.retries > 0 && `, run again ${job.retries === 1 ? "once" : `${job.retries} times`}`}
          </Fact>
          <Fact name="Priority">{PRIORITIES[job.priority - 1]}</Fact>
          <Fact name="Made by">{job.created_by ? <Id id={job.created_by} /> : "Holdfast itself"}</Fact>
        </Facts>
      </Part>
      <Part title="Times">
        <Facts>
          <Fact name="Enqueued">
            <Time at={job.created_at} />
          </Fact>
          <Fact name="Due">
            <Time at={job.due_at} />
          </Fact>
          <Fact name="Last started">
            <Time at={job.started_at} />
          </Fact>
          <Fact name="Ended">
            <Time at={job.finished_at} />
          </Fact>
        </Facts>
      </Part>
      {job.failures.length > 0 && (
        <Part title="Why items failed">
          <ul className="flex flex-col px-5">
            {job.failures.map(({ code, count }) => (
              <li key={code} className="flex min-h-8 items-center justify-between gap-3 text-sm">
                <span className="min-w-0 truncate">{humanize(code)}</span>
                <span className="num text-text-2">{formatInteger(count)}</span>
              </li>
            ))}
          </ul>
        </Part>
      )}
    </>
  );
}
