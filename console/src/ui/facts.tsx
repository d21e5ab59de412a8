import type { ReactNode } from "react";

/** Names and values, one below the other. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="divide-y divide-line">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid min-h-9 grid-cols-[8.5rem_minmax(0,1fr)] items-center gap-3 px-5 py-1.5 text-sm">
      <dt className="text-text-2">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}

/** A titled part of a drawer. */
export function Part({
  title,
  actions,
  children,
}: {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className="border-b border-line last:border-b-0">
      <header className="flex min-h-10 items-center justify-between gap-3 px-5 pt-3 pb-1">
        <h3 className="text-xs font-semibold tracking-wide text-text-3 uppercase">{title}</h3>
        {actions}
      </header>
      <div className="pb-3">{children}</div>
    </section>
  );
}
