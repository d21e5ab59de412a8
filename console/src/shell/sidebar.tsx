import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ExternalLink, FileCode2, FlaskConical } from "lucide-react";
import type { ReactNode } from "react";
import { queries } from "../api/queries.ts";
import { cx } from "../ui/class-names.ts";
import { Logo } from "./logo.tsx";
import { navigationFor, type NavItem } from "./navigation.ts";
import { OrganizationMenu } from "./organization-menu.tsx";
import { useMe } from "./session.tsx";

const ITEM =
  "flex h-8 items-center gap-2.5 rounded-md px-2 text-sm text-text-2 transition-colors hover:bg-hover hover:text-text [&_svg]:size-4 [&_svg]:shrink-0";

/** The navigation; in a panel on narrow screens, where choosing closes it. */
export function Sidebar({ onChoose }: { onChoose?: () => void }) {
  const me = useMe();
  return (
    <div className="flex h-full flex-col">
      <div className="flex h-13 shrink-0 items-center gap-2 px-4">
        <Logo />
      </div>
      <div className="px-3 pb-2">
        <OrganizationMenu />
      </div>
      <nav aria-label="Main" className="min-h-0 flex-1 overflow-y-auto px-3 pb-4">
        {navigationFor(me).map((section) => (
          <Section key={section.label ?? "top"} label={section.label}>
            {section.items.map((item) => (
              <Item key={item.to} item={item} onChoose={onChoose} />
            ))}
            {section.label === "Developers" && (
              <Outside href="/api/docs" icon={<FileCode2 />} label="API docs" />
            )}
            {section.label === "Operator" && <SandboxLink />}
          </Section>
        ))}
      </nav>
    </div>
  );
}

function Section({ label, children }: { label: string | null; children: ReactNode }) {
  return (
    <div className="mt-4 first:mt-1">
      {label && (
        <p className="px-2 pb-1 text-2xs font-semibold tracking-wide text-text-3 uppercase">{label}</p>
      )}
      <ul className="flex flex-col gap-px">{children}</ul>
    </div>
  );
}

function Item({ item, onChoose }: { item: NavItem; onChoose: (() => void) | undefined }) {
  const Icon = item.icon;
  return (
    <li>
      <Link
        to={item.to}
        {...(onChoose ? { onClick: onChoose } : {})}
        activeOptions={{ exact: item.to === "/" }}
        className={ITEM}
        activeProps={{ className: "bg-accent-soft !text-accent font-medium" }}
      >
        <Icon aria-hidden />
        <span className="min-w-0 flex-1 truncate">{item.label}</span>
        {item.to === "/dead-letters" && <DeadCount />}
      </Link>
    </li>
  );
}

function DeadCount() {
  const { data } = useQuery(queries.eventCounts());
  if (!data?.dead) return null;
  return (
    <span className="num rounded-full bg-bad-soft px-1.5 text-2xs font-semibold text-bad">
      {data.dead}
      <span className="sr-only"> dead events</span>
    </span>
  );
}

function Outside({ href, icon, label }: { href: string; icon: ReactNode; label: string }) {
  return (
    <li>
      <a href={href} target="_blank" rel="noreferrer" className={cx(ITEM, "group")}>
        {icon}
        <span className="min-w-0 flex-1 truncate">{label}</span>
        <ExternalLink aria-hidden className="!size-3 text-text-3" />
        <span className="sr-only">(opens a new tab)</span>
      </a>
    </li>
  );
}

function SandboxLink() {
  const { data } = useQuery(queries.system());
  if (!data?.sandbox_url) return null;
  const url = new URL("/_sandbox", data.sandbox_url).href;
  return <Outside href={url} icon={<FlaskConical />} label="Sandbox and faults" />;
}
