import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Check, X } from "lucide-react";
import { toast } from "sonner";
import { messageOf } from "../../api/problem.ts";
import { relay, relayQueries } from "../../api/relay.ts";
import type { OutboundAttempt, OutboundMessageDetail } from "../../api/types.ts";
import { formatInteger, humanize } from "../../lib/format.ts";
import { useIntent } from "../../lib/intent.ts";
import { Id, Time } from "../../ui/amounts.tsx";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { CodeBlock } from "../../ui/copy.tsx";
import { Drawer } from "../../ui/dialog.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";
import { Failure } from "../../ui/states.tsx";
import { Loading } from "../payments/payment-drawer.tsx";
import { MessageStateBadge } from "./endpoint-state.tsx";

const route = getRouteApi("/app/relay/messages/$messageId");

export function MessageDrawer() {
  const { messageId } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(relayQueries.message(messageId));
  return (
    <Drawer
      open
      onOpenChange={() => void navigate({ to: "/relay", search })}
      title={data ? data.type : "Message"}
      subtitle={<Id id={messageId} full />}
      actions={data && <MessageStateBadge message={data} />}
    >
      {data ? (
        <Body message={data} />
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Loading />
      )}
    </Drawer>
  );
}

function Body({ message }: { message: OutboundMessageDetail }) {
  return (
    <>
      <Part title="Message">
        <Facts>
          <Fact name="Webhook id">
            <Id id={message.event_id} />
          </Fact>
          <Fact name="Object">
            <Id id={message.object_id} />
          </Fact>
          <Fact name="Version">{formatInteger(message.object_version)}</Fact>
          <Fact name="Endpoint">
            <ToEndpoint id={message.endpoint_id} />
          </Fact>
          <Fact name="Made">
            <Time at={message.created_at} />
          </Fact>
          {message.due_at && (
            <Fact name="Next attempt">
              <Time at={message.due_at} />
            </Fact>
          )}
          {message.finished_at && (
            <Fact name={message.state === "failed" ? "Given up" : "Delivered"}>
              <Time at={message.finished_at} />
            </Fact>
          )}
        </Facts>
        <Resend message={message} />
      </Part>
      <Attempts attempts={message.attempts_log} />
      <Part title="Body">
        <div className="px-5">
          <CodeBlock label="Body" code={pretty(message.body)} />
        </div>
      </Part>
    </>
  );
}

function ToEndpoint({ id }: { id: string }) {
  const { data } = useQuery(relayQueries.endpoints());
  const endpoint = data?.data.find((row) => row.id === id);
  if (!endpoint) return <Id id={id} />;
  return (
    <Link
      to="/relay/endpoints/$endpointId"
      params={{ endpointId: id }}
      className="break-all text-accent hover:underline"
    >
      {endpoint.url}
    </Link>
  );
}

function Resend({ message }: { message: OutboundMessageDetail }) {
  const client = useQueryClient();
  const intent = useIntent();
  const resend = useMutation({
    mutationFn: () => relay.resend(message.id, intent.keyFor(message.id)),
    onSuccess: async () => {
      intent.done();
      toast.success("On its way once more");
      await client.invalidateQueries({ queryKey: ["relay"] });
    },
    onError: (error) => toast.error(messageOf(error)),
  });
  if (message.state === "pending" || message.state === "sending") return null;
  return (
    <div className="px-5 pt-3">
      <Button size="sm" busy={resend.isPending} onClick={() => resend.mutate()}>
        Send again
      </Button>
    </div>
  );
}

function Attempts({ attempts }: { attempts: readonly OutboundAttempt[] }) {
  return (
    <Part title="Attempts">
      {attempts.length === 0 ? (
        <p className="px-5 text-sm text-text-2">None yet.</p>
      ) : (
        <ol aria-label="Attempts" className="flex flex-col px-5">
          {attempts.map((attempt) => (
            <AttemptView key={attempt.number} attempt={attempt} />
          ))}
        </ol>
      )}
    </Part>
  );
}

function AttemptView({ attempt }: { attempt: OutboundAttempt }) {
  const { status, error, answer } = attempt;
  const good = status !== null && status >= 200 && status < 300;
  return (
    <li className="flex gap-3 py-1.5 text-sm">
      <span
        aria-hidden
        className={cx(
          "mt-0.5 flex size-4.5 shrink-0 items-center justify-center rounded-full",
          good ? "bg-ok-soft text-ok" : "bg-bad-soft text-bad",
        )}
      >
        {good ? <Check className="size-3" /> : <X className="size-3" />}
      </span>
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className="font-medium">
            {status === null ? humanize(error ?? "no answer") : `Answered ${status}`}
          </span>
          <span className="num text-xs text-text-3">
            attempt {attempt.number} · {formatInteger(attempt.ms)} ms · <Time at={attempt.started_at} />
          </span>
        </p>
        {status !== null && error && error !== "status" && (
          <p className="text-xs break-words text-text-2">{humanize(error)}</p>
        )}
        {answer && (
          <pre
            aria-label={`Answer to attempt ${attempt.number}`}
            className="mt-1 max-h-40 overflow-auto rounded-md bg-sunken p-2 font-mono text-xs break-all whitespace-pre-wrap text-text-2"
          >
            {answer}
          </pre>
        )}
      </div>
    </li>
  );
}

/** JSON with indents; anything else as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
