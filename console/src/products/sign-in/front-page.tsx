import { type ReactNode, useEffect } from "react";
import { Logo } from "../../shell/logo.tsx";

/** A page for people who are not signed in: one card. */
export function FrontPage({
  title,
  children,
  foot,
}: {
  title: string;
  children: ReactNode;
  foot?: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Holdfast`;
  }, [title]);
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-6 p-4">
      <Logo />
      <div className="flex w-full max-w-sm flex-col gap-4 rounded-xl border border-line bg-surface p-6 shadow-card">
        <h1 className="text-base font-semibold">{title}</h1>
        {children}
      </div>
      {foot && <p className="max-w-sm text-center text-sm text-text-2">{foot}</p>}
    </main>
  );
}

export const LINK = "font-medium text-accent hover:underline";
