import { Tooltip } from "radix-ui";
import type { ReactNode } from "react";

export const TipProvider = Tooltip.Provider;

/** A short text beside whatever it wraps, on hover and on focus. */
export function Tip({ text, children }: { text: ReactNode; children: ReactNode }) {
  return (
    <Tooltip.Root delayDuration={250}>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content
          sideOffset={6}
          collisionPadding={8}
          className="z-50 max-w-72 animate-in rounded-md bg-text px-2 py-1 text-xs text-canvas shadow-float"
        >
          {text}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
