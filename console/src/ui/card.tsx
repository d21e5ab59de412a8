import type { ComponentProps, ReactNode } from "react";
import { cx } from "./class-names.ts";

export function Card({ className, ...rest }: ComponentProps<"section">) {
  return (
    <section
      {...rest}
      className={cx(
        "min-w-0 overflow-hidden rounded-xl border border-line bg-surface shadow-card",
        className,
      )}
    />
  );
}

export function CardHead({
  title,
  note,
  actions,
}: {
  title: ReactNode;
  note?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <header className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2">
      <div className="min-w-0 flex-1 basis-44">
        <h2 className="text-sm font-semibold">{title}</h2>
        {note && <p className="text-xs text-text-3">{note}</p>}
      </div>
      {actions}
    </header>
  );
}

/** One figure with its name. */
export function Stat({
  label,
  value,
  note,
  title,
}: {
  label: string;
  value: ReactNode;
  note?: ReactNode;
  title?: string;
}) {
  return (
    <div className="min-w-0 px-4 py-3.5">
      <p className="truncate text-xs text-text-2">{label}</p>
      <p className="num mt-1 truncate text-xl font-semibold tracking-tight" title={title}>
        {value}
      </p>
      {note && <p className="num mt-0.5 truncate text-xs text-text-3">{note}</p>}
    </div>
  );
}

/** Figures in one row on wide screens, two columns on narrow ones. */
export function Stats({ children }: { children: ReactNode }) {
  return (
    <Card className="grid grid-cols-2 divide-line max-lg:[&>*:nth-child(n+3)]:border-t max-lg:[&>*:nth-child(even)]:border-l [&>*]:border-line lg:auto-cols-fr lg:grid-flow-col lg:grid-cols-none lg:divide-x">
      {children}
    </Card>
  );
}
