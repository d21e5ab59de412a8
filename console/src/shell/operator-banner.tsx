import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Hourglass, ShieldAlert } from "lucide-react";
import type { ReactNode } from "react";
import { booksQueries } from "../api/books.ts";
import { formatInteger } from "../lib/format.ts";
import { buttonClass } from "../ui/button.tsx";
import { cx } from "../ui/class-names.ts";
import { useMe } from "./session.tsx";

/** Tells operators, on every screen, that the books failed their check, or that something waits for one of them. */
export function OperatorBanner() {
  const me = useMe();
  if (!me.user.operator || me.view_as) return null;
  return <Warnings userId={me.user.id} />;
}

function Warnings({ userId }: { userId: string }) {
  const { data: nightly } = useQuery(booksQueries.check());
  const { data: adjustments } = useQuery(booksQueries.waiting());
  const { data: refunds } = useQuery(booksQueries.refundsToApprove());
  const open = [
    { to: "/adjustments", name: "adjustment", rows: adjustments?.data ?? [] },
    { to: "/refunds", name: "refund", rows: refunds?.data ?? [] },
  ]
    // One's own request waits for somebody else.
    .map(({ rows, ...rest }) => ({
      ...rest,
      count: rows.filter(({ requested_by }) => requested_by !== userId).length,
    }))
    .filter(({ count }) => count > 0);
  return (
    <>
      {nightly?.check?.ok === false && (
        <Bar tone="bad" icon={<ShieldAlert aria-hidden className="size-4 shrink-0" />}>
          <p className="min-w-0 flex-1 basis-56">
            <span className="font-medium">The books failed their nightly check.</span> Nothing is corrected by
            itself.
          </p>
          <Link to="/seals" className={buttonClass("secondary", "sm")}>
            See what it found
          </Link>
        </Bar>
      )}
      {open.length > 0 && (
        <Bar tone="warn" icon={<Hourglass aria-hidden className="size-4 shrink-0" />}>
          <p className="min-w-0 flex-1 basis-56 font-medium">
            {open
              .map(({ count, name }) => `${formatInteger(count)} ${name}${count === 1 ? "" : "s"}`)
              .join(" and ")}{" "}
            {open.length === 1 && open[0]?.count === 1 ? "waits" : "wait"} for a second operator.
          </p>
          {open.map(({ to, name }) => (
            <Link
              key={to}
              to={to}
              search={to === "/adjustments" ? { state: "pending" } : {}}
              className={buttonClass("secondary", "sm")}
            >
              Open {name}s
            </Link>
          ))}
        </Bar>
      )}
    </>
  );
}

function Bar({ tone, icon, children }: { tone: "bad" | "warn"; icon: ReactNode; children: ReactNode }) {
  return (
    <output
      className={cx(
        "flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-line px-4 py-2 text-sm sm:px-6",
        tone === "bad" ? "bg-bad-soft text-bad" : "bg-warn-soft text-warn",
      )}
    >
      {icon}
      {children}
    </output>
  );
}
