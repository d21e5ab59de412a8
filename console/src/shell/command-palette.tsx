import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { Coins, FileCode2, KeyRound, Moon, Search, Sun } from "lucide-react";
import { Dialog } from "radix-ui";
import { type ReactNode, useEffect } from "react";
import { cx } from "../ui/class-names.ts";
import { navigationFor } from "./navigation.ts";
import { useMe } from "./session.tsx";
import { chooseTheme } from "./theme.ts";

const ITEM =
  "flex h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5 text-sm data-[selected=true]:bg-accent-soft data-[selected=true]:text-accent [&_svg]:size-4 [&_svg]:text-text-3";

/** ⌘K: every screen and the few acts that start anywhere. */
export function CommandPalette({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  const me = useMe();
  const navigate = useNavigate();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      onOpenChange(!open);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [open, onOpenChange]);
  const run = (act: () => void) => () => {
    onOpenChange(false);
    act();
  };
  const go = (to: string, search?: Record<string, string>) =>
    run(() => void navigate({ to, search: search ?? {} }));
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 animate-in bg-scrim" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-[12dvh] left-1/2 z-50 w-[calc(100vw-2rem)] max-w-lg -translate-x-1/2 animate-in overflow-hidden rounded-xl border border-line bg-raised shadow-float"
        >
          <Dialog.Title className="sr-only">Go to</Dialog.Title>
          <Command label="Go to" loop filter={byWords}>
            <div className="flex items-center gap-2.5 border-b border-line px-4">
              <Search aria-hidden className="size-4 text-text-3" />
              <Command.Input
                placeholder="Go to a screen or start something…"
                className="h-11 w-full bg-transparent text-sm outline-none"
              />
            </div>
            <Command.List className="max-h-[50dvh] overflow-y-auto p-1.5">
              <Command.Empty className="px-3 py-6 text-center text-sm text-text-2">
                Nothing by that name.
              </Command.Empty>
              <Group heading="Start">
                <Entry icon={<Coins />} name="Buy credits" onSelect={go("/credits", { buy: "1" })} />
                <Entry
                  icon={<KeyRound />}
                  name="Create an API key"
                  onSelect={go("/api-keys", { create: "1" })}
                />
                <Entry
                  icon={<FileCode2 />}
                  name="Read the API docs"
                  onSelect={run(() => void open_("/api/docs"))}
                />
                <Entry icon={<Sun />} name="Light colours" onSelect={run(() => chooseTheme("light"))} />
                <Entry icon={<Moon />} name="Dark colours" onSelect={run(() => chooseTheme("dark"))} />
              </Group>
              <Group heading="Screens">
                {navigationFor(me).flatMap(({ items }) =>
                  items.map(({ to, label, words, icon: Icon }) => (
                    <Entry key={to} icon={<Icon />} name={label} words={words} onSelect={go(to)} />
                  )),
                )}
              </Group>
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** A name that begins with the text comes before one that only holds it; no fuzzy guesses. */
function byWords(name: string, search: string, keywords: string[] = []): number {
  const sought = search.toLowerCase().trim();
  if (name.toLowerCase().startsWith(sought)) return 1;
  return [name, ...keywords].some((text) => text.toLowerCase().includes(sought)) ? 0.5 : 0;
}

const open_ = (url: string) => window.open(url, "_blank", "noreferrer");

function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-text-3"
    >
      {children}
    </Command.Group>
  );
}

function Entry({
  icon,
  name,
  words,
  onSelect,
}: {
  icon: ReactNode;
  name: string;
  words?: string;
  onSelect(): void;
}) {
  return (
    <Command.Item value={name} keywords={words?.split(" ") ?? []} onSelect={onSelect} className={cx(ITEM)}>
      {icon}
      {name}
    </Command.Item>
  );
}
