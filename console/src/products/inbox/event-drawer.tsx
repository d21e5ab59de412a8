import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { RotateCcw } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { queries } from "../../api/queries.ts";
import type { WebhookEventDetail } from "../../api/types.ts";
import { formatInteger } from "../../lib/format.ts";
import { useIntent } from "../../lib/intent.ts";
import { Id, Time } from "../../ui/amounts.tsx";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { Confirm, Drawer } from "../../ui/dialog.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";
import { Failure, Notice, Skeleton } from "../../ui/states.tsx";
import { Loading } from "../payments/payment-drawer.tsx";
import { DiffView } from "./diff-view.tsx";
import { AttemptList, EffectList, ObjectTimeline } from "./event-history.tsx";
import { EventStateBadge } from "./event-state.tsx";

const route = getRouteApi("/app/inbox/$eventId");

export function EventDrawer() {
  const { eventId } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(queries.event(eventId));
  return (
    <Drawer
      open
      onOpenChange={() => void navigate({ to: "/inbox", search })}
      title={<span className="font-mono text-sm">{data?.type ?? "Event"}</span>}
      subtitle={<Id id={eventId} full />}
      actions={data && <Replay event={data} />}
    >
      {data ? (
        <Body event={data} />
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Loading />
      )}
    </Drawer>
  );
}

const ENDED = new Set(["dead", "processed", "ignored"]);

function Replay({ event }: { event: WebhookEventDetail }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const intent = useIntent();
  const replay = async () => {
    await api.replayEvent(event.id, intent.keyFor([event.id, event.replays]));
    intent.done();
    toast.success("Replay started", { description: event.type });
    await client.invalidateQueries({ queryKey: ["events"] });
  };
  return (
    <>
      <Button
        size="sm"
        variant={event.state === "dead" ? "primary" : "secondary"}
        disabled={!ENDED.has(event.state)}
        icon={<RotateCcw className="size-3.5" />}
        onClick={() => setAsking(true)}
      >
        Replay
      </Button>
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title="Replay this event?"
        action="Replay"
        onConfirm={replay}
      >
        It goes through the same path again, with a fresh count of attempts. What it already did is recognised
        by its reference and is not done twice.
      </Confirm>
    </>
  );
}

function Body({ event }: { event: WebhookEventDetail }) {
  return (
    <>
      {event.error_code && (
        <div className="px-5 pt-4">
          <Notice tone={event.state === "dead" ? "bad" : "warn"} title={<code>{event.error_code}</code>}>
            {event.error_detail}
          </Notice>
        </div>
      )}
      <Part title="Event">
        <Facts>
          <Fact name="State">
            <EventStateBadge state={event.state} />
          </Fact>
          <Fact name="From">{event.source}</Fact>
          <Fact name="Company's id">
            <Id id={event.provider_event_id} />
          </Fact>
          <Fact name="Object">
            <Id id={event.object_id} />
          </Fact>
          <Fact name="Received">
            <Time at={event.received_at} /> by {event.origin}
          </Fact>
          <Fact name="Attempts">
            {formatInteger(event.attempts)} of {formatInteger(event.max_attempts)}
            {event.replays > 0 && `, replayed ${event.replays === 1 ? "once" : `${event.replays} times`}`}
          </Fact>
          {event.state === "waiting_retry" && (
            <Fact name="Next attempt">
              <Time at={event.next_attempt_at} />
            </Fact>
          )}
        </Facts>
      </Part>
      <Preview event={event} />
      <EffectList effects={event.effects} />
      <AttemptList attempts={event.attempts_log} />
      <ObjectTimeline event={event} />
      <Payload eventId={event.id} />
    </>
  );
}

/** What a replay would change, looked at before it runs. */
function Preview({ event }: { event: WebhookEventDetail }) {
  const look = useMutation({ mutationFn: () => api.rehearseEvent(event.id) });
  if (!ENDED.has(event.state)) return null;
  return (
    <Part
      title="What a replay would change"
      actions={
        <Button size="sm" variant="ghost" busy={look.isPending} onClick={() => look.mutate()}>
          {look.data ? "Look again" : "Look"}
        </Button>
      }
    >
      {look.error ? (
        <Failure error={look.error} onRetry={() => look.mutate()} />
      ) : look.data?.diff ? (
        <div className="px-5">
          <DiffView diff={look.data.diff} />
        </div>
      ) : (
        <p className="px-5 text-sm text-text-2">Its handler is run and undone: nothing is kept.</p>
      )}
    </Part>
  );
}

function Payload({ eventId }: { eventId: string }) {
  const [shown, setShown] = useState(false);
  const payload = useQuery({ ...queries.eventPayload(eventId), enabled: shown });
  return (
    <Part
      title="Payload"
      actions={
        !shown && (
          <Button size="sm" variant="ghost" onClick={() => setShown(true)}>
            Show
          </Button>
        )
      }
    >
      {shown && (
        <div className="px-5">
          {payload.data !== undefined ? (
            <CodeBlock label="Payload" code={readable(String(payload.data))} />
          ) : payload.error ? (
            <Failure error={payload.error} onRetry={() => void payload.refetch()} />
          ) : (
            <Skeleton className="h-40 w-full" />
          )}
        </div>
      )}
    </Part>
  );
}

/** Indented where it is JSON; a payload that is not is shown as it came. */
function readable(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
