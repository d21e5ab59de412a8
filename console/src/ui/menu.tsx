import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import { cx } from "./class-names.ts";

export function Menu({
  trigger,
  align = "end",
  children,
}: {
  trigger: ReactNode;
  align?: "start" | "end";
  children: ReactNode;
}) {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align={align}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 min-w-52 animate-in rounded-lg border border-line bg-raised p-1 shadow-float"
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

export function MenuItem({
  icon,
  checked,
  onSelect,
  children,
}: {
  icon?: ReactNode;
  checked?: boolean;
  onSelect(): void;
  children: ReactNode;
}) {
  return (
    <DropdownMenu.Item
      onSelect={onSelect}
      className={cx(
        "flex h-8 cursor-pointer items-center gap-2.5 rounded-md px-2 text-sm outline-none data-highlighted:bg-hover [&_svg]:size-4 [&_svg]:text-text-3",
        checked && "font-medium text-accent",
      )}
    >
      {icon}
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {checked && <span className="sr-only">(chosen)</span>}
    </DropdownMenu.Item>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <DropdownMenu.Label className="px-2 py-1.5 text-xs text-text-3">{children}</DropdownMenu.Label>;
}

export function MenuLine() {
  return <DropdownMenu.Separator className="my-1 h-px bg-line" />;
}
