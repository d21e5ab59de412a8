import { CircleAlert, RotateCcw } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError } from "../api/problem.ts";
import { Button } from "./button.tsx";
import { cx } from "./class-names.ts";

export function Skeleton({ className }: { className?: string }) {
  return (
    <span aria-hidden data-skeleton className={cx("block animate-pulse rounded bg-skeleton", className)} />
  );
}

/** In the place of a figure: on its way, or a dash where it could not be read. */
export const Awaited = ({ failed, className }: { failed: boolean; className: string }) =>
  failed ? <span className="text-text-3">–</span> : <Skeleton className={className} />;

/** Nothing here yet, and what to do about it. */
export function Empty({
  icon,
  title,
  children,
  action,
}: {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center px-6 py-10 text-center">
      {icon && (
        <span
          aria-hidden
          className="mb-3 flex size-10 items-center justify-center rounded-full bg-sunken text-text-3"
        >
          {icon}
        </span>
      )}
      <p className="text-sm font-medium">{title}</p>
      {children && <p className="mt-1 max-w-sm text-sm text-text-2">{children}</p>}
      {action && <div className="mt-4">{action}</div>}
    </div>
  );
}

/** What failed, in the server's words, with the request id to quote. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const problem = error instanceof ApiError ? error : null;
  const title = problem?.title ?? "Something went wrong";
  const detail = problem ? problem.detail : error instanceof Error ? error.message : null;
  return (
    <div role="alert" className="flex flex-col items-center px-6 py-10 text-center">
      <span
        aria-hidden
        className="mb-3 flex size-10 items-center justify-center rounded-full bg-bad-soft text-bad"
      >
        <CircleAlert className="size-5" />
      </span>
      <p className="text-sm font-medium">{title}</p>
      {detail && detail !== title && <p className="mt-1 max-w-md text-sm text-text-2">{detail}</p>}
      {problem?.requestId && (
        <p className="mt-2 font-mono text-2xs break-all text-text-3">Request {problem.requestId}</p>
      )}
      {onRetry && (
        <Button className="mt-4" size="sm" icon={<RotateCcw className="size-3.5" />} onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** A message inside a form or page. */
export function Notice({
  tone = "info",
  title,
  children,
  action,
}: {
  tone?: "info" | "warn" | "bad" | "ok";
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
}) {
  const tones = {
    info: "bg-info-soft text-info",
    warn: "bg-warn-soft text-warn",
    bad: "bg-bad-soft text-bad",
    ok: "bg-ok-soft text-ok",
  };
  return (
    <div
      role={tone === "bad" ? "alert" : "status"}
      className={cx(
        "flex flex-wrap items-center gap-x-4 gap-y-2 rounded-lg px-3.5 py-2.5 text-sm",
        tones[tone],
      )}
    >
      <div className="min-w-0 flex-1">
        <p className="font-medium">{title}</p>
        {children && <div className="text-text-2">{children}</div>}
      </div>
      {action}
    </div>
  );
}
