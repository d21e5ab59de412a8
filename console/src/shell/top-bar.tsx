import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Menu as MenuIcon, Monitor, Moon, Search, Sun } from "lucide-react";
import { useLiveness } from "../api/live.ts";
import { queries } from "../api/queries.ts";
import { formatMicros, formatCredits } from "../lib/format.ts";
import { useTween } from "../lib/use-tween.ts";
import { Badge } from "../ui/badge.tsx";
import { IconButton } from "../ui/button.tsx";
import { cx } from "../ui/class-names.ts";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { Skeleton } from "../ui/states.tsx";
import { Tip } from "../ui/tooltip.tsx";
import { useMe } from "./session.tsx";
import { chooseTheme, type ThemeChoice, useThemeChoice } from "./theme.ts";

export function TopBar({ onMenu, onSearch }: { onMenu(): void; onSearch(): void }) {
  const me = useMe();
  return (
    <header className="sticky top-0 z-30 flex h-13 items-center gap-2 border-b border-line bg-canvas/85 px-4 backdrop-blur sm:px-6 lg:px-8">
      <IconButton label="Open navigation" className="-ml-2 lg:hidden" onClick={onMenu}>
        <MenuIcon className="size-4.5" />
      </IconButton>
      <button
        type="button"
        onClick={onSearch}
        className="flex h-8 items-center gap-2 rounded-md text-sm text-text-3 hover:text-text sm:w-60 sm:border sm:border-line sm:bg-surface sm:px-2.5"
      >
        <Search className="size-4" aria-hidden />
        <span className="max-sm:sr-only">Go to…</span>
        <kbd className="ml-auto rounded border border-line px-1 font-sans text-2xs max-sm:hidden">⌘K</kbd>
      </button>
      <div className="ml-auto flex items-center gap-2">
        <LiveDot />
        <Tip
          text={me.mode === "test" ? "Test mode: sandbox companies, no real money" : "Live mode: real money"}
        >
          <button type="button" className="cursor-default rounded-full">
            <Badge tone={me.mode === "test" ? "warn" : "ok"}>{me.mode}</Badge>
          </button>
        </Tip>
        <BalanceChip />
        <ThemeMenu />
      </div>
    </header>
  );
}

const LIVENESS = {
  live: { tone: "bg-ok", text: "Live: changes appear by themselves" },
  polling: { tone: "bg-warn", text: "The live stream is interrupted: refreshing every few seconds" },
  connecting: { tone: "bg-text-3", text: "Connecting to the live stream" },
};

function LiveDot() {
  const { tone, text } = LIVENESS[useLiveness()];
  return (
    <Tip text={text}>
      <button
        type="button"
        aria-label={text}
        className="flex size-6 cursor-default items-center justify-center rounded-full"
      >
        <span aria-hidden className={cx("size-2 rounded-full", tone)} />
      </button>
    </Tip>
  );
}

function BalanceChip() {
  const { data } = useQuery(queries.balance());
  return (
    <Link
      to="/credits"
      className="flex h-8 items-center gap-1.5 rounded-md border border-line bg-surface px-2.5 text-sm font-medium shadow-card hover:bg-hover"
      title={data && formatMicros(data.available_micros)}
    >
      {data ? <Moving micros={data.available_micros} /> : <Skeleton className="h-3.5 w-16" />}
      <span className="font-normal text-text-3 max-sm:sr-only">credits</span>
    </Link>
  );
}

/** An amount that counts to its new value when it changes. */
export function Moving({ micros }: { micros: number }) {
  const shown = useTween(micros);
  return (
    <span className="num" data-micros={micros}>
      {formatCredits(Math.round(shown / 10_000) * 10_000)}
    </span>
  );
}

const THEMES: { choice: ThemeChoice; label: string; icon: typeof Sun }[] = [
  { choice: "system", label: "As the system", icon: Monitor },
  { choice: "light", label: "Light", icon: Sun },
  { choice: "dark", label: "Dark", icon: Moon },
];

function ThemeMenu() {
  const current = useThemeChoice();
  const Icon = THEMES.find(({ choice }) => choice === current)?.icon ?? Monitor;
  const trigger = (
    <button
      type="button"
      aria-label="Colours"
      className="inline-flex size-8 items-center justify-center rounded-md text-text-2 hover:bg-hover hover:text-text"
    >
      <Icon className="size-4" aria-hidden />
    </button>
  );
  return (
    <Menu trigger={trigger}>
      {THEMES.map(({ choice, label, icon: ItemIcon }) => (
        <MenuItem
          key={choice}
          icon={<ItemIcon />}
          checked={choice === current}
          onSelect={() => chooseTheme(choice)}
        >
          {label}
        </MenuItem>
      ))}
    </Menu>
  );
}
