import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { queries } from "../../api/queries.ts";
import type { Diff, ReplayDetail } from "../../api/types.ts";
import { formatInteger, shortenId } from "../../lib/format.ts";
import { useIntent } from "../../lib/intent.ts";
import { Id, Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Confirm, Drawer } from "../../ui/dialog.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";
import { Failure, Notice } from "../../ui/states.tsx";
import { Loading } from "../payments/payment-drawer.tsx";
import { DiffView, summarize } from "./diff-view.tsx";
import { endedOf, filterText, ReplayState } from "./replays-screen.tsx";

const route = getRouteApi("/app/replays/$replayId");

export function ReplayDrawer() {
  const { replayId } = route.useParams();
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(queries.replay(replayId));
  return (
    <Drawer
      open
      onOpenChange={() => void navigate({ to: "/replays" })}
      title="Replay"
      subtitle={<Id id={replayId} full />}
      actions={data && <Acts replay={data} />}
    >
      {data ? (
        <Body replay={data} />
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Loading />
      )}
    </Drawer>
  );
}

function Acts({ replay }: { replay: ReplayDetail }) {
  const client = useQueryClient();
  const intent = useIntent();
  const [asking, setAsking] = useState<"run" | "cancel" | null>(null);
  const act = async () => {
    const key = intent.keyFor([replay.id, asking]);
    await (asking === "run" ? api.runReplay(replay.id, key) : api.cancelReplay(replay.id, key));
    intent.done();
    toast.success(asking === "run" ? "Replay runs" : "Replay cancelled");
    await client.invalidateQueries({ queryKey: ["replays"] });
  };
  const over = replay.state === "done" || replay.state === "cancelled";
  return (
    <>
      {!over && (
        <Button size="sm" onClick={() => setAsking("cancel")}>
          Cancel
        </Button>
      )}
      {replay.state === "ready" && (
        <Button size="sm" variant="primary" onClick={() => setAsking("run")}>
          Run
        </Button>
      )}
      <Confirm
        open={asking !== null}
        onOpenChange={(open) => !open && setAsking(null)}
        title={asking === "run" ? `Replay ${formatInteger(replay.total)} events?` : "Cancel this replay?"}
        action={asking === "run" ? "Run" : "Cancel the replay"}
        danger={asking === "cancel"}
        onConfirm={act}
      >
        {asking === "run"
          ? "Exactly these events go through their handlers again, once, 50 a second. What was done before is not done twice, and no mail is sent again."
          : "What is in the queue already ends as it does; the rest is left alone."}
      </Confirm>
    </>
  );
}

function Body({ replay }: { replay: ReplayDetail }) {
  const { progress, total } = replay;
  const percent = total === 0 ? 100 : Math.floor((endedOf(replay) / total) * 100);
  return (
    <>
      {replay.has_more && (
        <div className="px-5 pt-4">
          <Notice tone="warn" title="More events match">
            One replay takes the oldest 10,000. Make another when it is done.
          </Notice>
        </div>
      )}
      <Part title="Progress">
        <div className="px-5 pb-2">
          <progress
            className="h-2 w-full overflow-hidden rounded-full accent-accent"
            aria-label="Events that ended"
            max={100}
            value={percent}
          />
        </div>
        <Facts>
          <Fact name="State">
            <ReplayState state={replay.state} />
          </Fact>
          <Fact name="Events">
            {filterText(replay)}: {formatInteger(total)}
          </Fact>
          <Fact name="Ended">
            {formatInteger(progress.changed)} changed something, {formatInteger(progress.unchanged)} nothing,{" "}
            {formatInteger(progress.failed)} failed
          </Fact>
          <Fact name="To come">
            {formatInteger(progress.queued)} queued, {formatInteger(progress.waiting)} waiting
            {progress.cancelled > 0 && `, ${formatInteger(progress.cancelled)} cancelled`}
          </Fact>
          <Fact name="Made">
            <Time at={replay.created_at} />
          </Fact>
          {replay.finished_at && (
            <Fact name="Ended at">
              <Time at={replay.finished_at} />
            </Fact>
          )}
        </Facts>
      </Part>
      <Part title="What it would have changed when it was made">
        <ul className="flex flex-col gap-2 px-5">
          {replay.samples.map((diff) => (
            <Sample key={diff.event_id} diff={diff} />
          ))}
        </ul>
        {replay.samples.length === 0 && (
          <p className="px-5 text-sm text-text-2">None of its events could be looked at in time.</p>
        )}
      </Part>
    </>
  );
}

function Sample({ diff }: { diff: Diff }) {
  const applies = diff.result === "applies";
  return (
    <li className="rounded-lg border border-line">
      <details>
        <summary className="flex min-h-9 cursor-pointer items-center gap-2 px-3 text-sm">
          <span className="min-w-0 flex-1 truncate">
            {applies ? summarize(diff) : `${diff.result}: ${diff.code ?? ""}`}
          </span>
          {!applies && <Badge tone="warn">{diff.result}</Badge>}
          <code className="font-mono text-xs text-text-3">{shortenId(diff.event_id)}</code>
        </summary>
        <div className="flex flex-col gap-2 border-t border-line p-3">
          <DiffView diff={diff} />
          <Link
            to="/inbox/$eventId"
            params={{ eventId: diff.event_id }}
            className="self-start text-sm text-accent hover:underline"
          >
            Open the event
          </Link>
        </div>
      </details>
    </li>
  );
}
