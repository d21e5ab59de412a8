import { Link } from "@tanstack/react-router";
import { ArrowUpRight, Check, X } from "lucide-react";
import type { Attempt, Effect, WebhookEventDetail } from "../../api/types.ts";
import { formatInteger, humanize } from "../../lib/format.ts";
import { Id, Time } from "../../ui/amounts.tsx";
import { cx } from "../../ui/class-names.ts";
import { Part } from "../../ui/facts.tsx";
import { EventStateBadge } from "./event-state.tsx";

/** What the event changed, with the way to each. */
export function EffectList({ effects }: { effects: readonly Effect[] }) {
  return (
    <Part title="Effects">
      {effects.length === 0 ? (
        <p className="px-5 text-sm text-text-2">It changed nothing.</p>
      ) : (
        <ul className="flex flex-col gap-1 px-5">
          {effects.map((effect) => (
            <li key={`${effect.kind}${effect.id}`} className="flex min-h-8 items-center gap-2 text-sm">
              <span className="min-w-0 flex-1 truncate">{humanize(effect.kind)}</span>
              <Id id={effect.id} />
              <EffectLink effect={effect} />
            </li>
          ))}
        </ul>
      )}
    </Part>
  );
}

function EffectLink({ effect }: { effect: Effect }) {
  const look = "inline-flex size-6 items-center justify-center rounded text-accent hover:bg-hover";
  const icon = <ArrowUpRight aria-hidden className="size-4" />;
  if (effect.id.startsWith("txn_"))
    return (
      <Link
        to="/ledger/$transactionId"
        params={{ transactionId: effect.id }}
        className={look}
        aria-label="Open the transaction"
      >
        {icon}
      </Link>
    );
  if (effect.id.startsWith("pay_"))
    return (
      <Link
        to="/payments/$paymentId"
        params={{ paymentId: effect.id }}
        className={look}
        aria-label="Open the payment"
      >
        {icon}
      </Link>
    );
  return null;
}

const GOOD = new Set(["processed", "ignored"]);

export function AttemptList({ attempts }: { attempts: readonly Attempt[] }) {
  if (attempts.length === 0) return null;
  return (
    <Part title="Attempts">
      <ol className="flex flex-col px-5">
        {attempts.map((attempt) => (
          <li
            key={`${attempt.replay}.${attempt.attempt}.${attempt.started_at}`}
            className="flex gap-3 py-1.5 text-sm"
          >
            <span
              aria-hidden
              className={cx(
                "mt-0.5 flex size-4.5 shrink-0 items-center justify-center rounded-full",
                GOOD.has(attempt.outcome) ? "bg-ok-soft text-ok" : "bg-bad-soft text-bad",
              )}
            >
              {GOOD.has(attempt.outcome) ? <Check className="size-3" /> : <X className="size-3" />}
            </span>
            <div className="min-w-0 flex-1">
              <p className="flex flex-wrap items-baseline gap-x-2">
                <span className="font-medium">{humanize(attempt.outcome)}</span>
                <span className="num text-xs text-text-3">
                  {attempt.replay > 0 && `replay ${attempt.replay} · `}attempt {attempt.attempt} ·{" "}
                  {formatInteger(attempt.ms)} ms · <Time at={attempt.started_at} />
                </span>
              </p>
              {attempt.error_code && (
                <p className="text-xs break-words text-text-2">
                  <code>{attempt.error_code}</code> {attempt.error_detail}
                </p>
              )}
            </div>
          </li>
        ))}
      </ol>
    </Part>
  );
}

/** The other events of the same root: a payment, a subscription, a customer. */
export function ObjectTimeline({ event }: { event: WebhookEventDetail }) {
  if (event.timeline.length < 2) return null;
  return (
    <Part title="Same object">
      <ol className="flex flex-col px-2">
        {event.timeline.map((other) => (
          <li key={other.id}>
            <Link
              to="/inbox/$eventId"
              params={{ eventId: other.id }}
              {...(other.id === event.id ? { "aria-current": "true" as const } : {})}
              className={cx(
                "flex h-8 items-center gap-3 rounded-md px-3 hover:bg-hover",
                other.id === event.id && "bg-sunken font-medium",
              )}
            >
              <span className="min-w-0 flex-1 truncate font-mono text-xs">{other.type}</span>
              <EventStateBadge state={other.state} />
              <span className="w-20 text-right text-xs text-text-3">
                <Time at={other.received_at} />
              </span>
            </Link>
          </li>
        ))}
      </ol>
    </Part>
  );
}
