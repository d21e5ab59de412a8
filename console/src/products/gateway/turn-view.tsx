import { Link } from "@tanstack/react-router";
import { Check, CircleX, Loader, Square } from "lucide-react";
import { ApiError, messageOf } from "../../api/problem.ts";
import { formatInteger } from "../../lib/format.ts";
import { Credits } from "../../ui/amounts.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Notice } from "../../ui/states.tsx";
import type { Turn } from "./use-chat.ts";

export function TurnView({ turn }: { turn: Turn }) {
  return (
    <article className="flex flex-col gap-3 border-b border-line px-4 py-4 last:border-b-0">
      <p className="ml-auto max-w-[85%] rounded-2xl rounded-br-md bg-accent-soft px-3.5 py-2 text-sm break-words whitespace-pre-wrap">
        {turn.prompt}
      </p>
      {turn.answer && (
        <p className="max-w-prose text-sm leading-6 break-words whitespace-pre-wrap">
          {turn.answer}
          {turn.phase === "answering" && (
            <span
              aria-hidden
              className="ml-0.5 inline-block h-4 w-1.5 animate-pulse bg-accent align-text-bottom"
            />
          )}
        </p>
      )}
      {turn.phase === "failed" && <Failed error={turn.error} />}
      <Progress turn={turn} />
    </article>
  );
}

/** Held → answering → settled, with the figures as they become known. */
function Progress({ turn }: { turn: Turn }) {
  const { phase, report, heldMicros } = turn;
  const settled = phase === "settled";
  const refused = phase === "failed" && heldMicros === null;
  return (
    <ol className="num flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-text-3">
      <Mark state={phase === "holding" ? "busy" : refused ? "failed" : "done"}>
        {refused ? "Nothing held" : "Held "}
        {heldMicros !== null && <Credits micros={heldMicros} unit />}
      </Mark>
      {phase !== "holding" && !refused && (
        <Mark
          state={
            phase === "answering"
              ? "busy"
              : phase === "failed"
                ? "failed"
                : phase === "stopped"
                  ? "stopped"
                  : "done"
          }
        >
          {phase === "stopped" ? "Stopped: what was written is charged" : "Answered"}
          {typeof report?.firstContentMs === "number" &&
            ` (first word after ${formatInteger(Math.round(report.firstContentMs))} ms)`}
        </Mark>
      )}
      {settled && (
        <Mark state="done">
          <span className="font-medium text-text" data-testid="settled">
            Settled {typeof report?.costMicros === "number" && <Credits micros={report.costMicros} unit />}
          </span>
        </Mark>
      )}
      {typeof report?.completionTokens === "number" && (
        <li>
          {formatInteger(report.promptTokens ?? 0)} in, {formatInteger(report.completionTokens)} out
        </li>
      )}
      {report?.finishReason && report.finishReason !== "stop" && <li>ended by {report.finishReason}</li>}
    </ol>
  );
}

const ICONS = { busy: Loader, done: Check, failed: CircleX, stopped: Square };

function Mark({ state, children }: { state: keyof typeof ICONS; children: React.ReactNode }) {
  const Icon = ICONS[state];
  const tone = { busy: "animate-spin", done: "text-ok", failed: "text-bad", stopped: "text-warn" }[state];
  return (
    <li className="flex items-center gap-1.5">
      <Icon aria-hidden className={cx("size-3.5", tone)} />
      <span>{children}</span>
    </li>
  );
}

function Failed({ error }: { error: unknown }) {
  const broke = error instanceof ApiError && error.status === 402;
  const requestId = error instanceof ApiError ? error.requestId : null;
  return (
    <Notice
      tone={broke ? "warn" : "bad"}
      title={messageOf(error)}
      action={
        broke && (
          <Link to="/credits" search={{ buy: "1" }} className={buttonClass("primary", "sm")}>
            Buy credits
          </Link>
        )
      }
    >
      {broke ? "Nothing was sent to the model and nothing was charged." : requestId && `Request ${requestId}`}
    </Notice>
  );
}
