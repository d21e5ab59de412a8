import { AlertDialog, Dialog as Radix } from "radix-ui";
import { X } from "lucide-react";
import { type ReactNode, useRef, useState } from "react";
import { Button, IconButton } from "./button.tsx";
import { cx } from "./class-names.ts";
import { Notice } from "./states.tsx";
import { messageOf } from "../api/problem.ts";

const SCRIM = "fixed inset-0 z-40 animate-in bg-scrim backdrop-blur-[1px]";
const BOX =
  "fixed top-1/2 left-1/2 z-50 flex max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] -translate-x-1/2 -translate-y-1/2 animate-in flex-col rounded-xl border border-line bg-raised shadow-float";

type Open = { open: boolean; onOpenChange(open: boolean): void };

export function Dialog({
  open,
  onOpenChange,
  title,
  about,
  children,
  wide,
}: Open & {
  title: string;
  about?: ReactNode;
  children: ReactNode;
  wide?: boolean;
}) {
  const focus = useFocus(focusPanel);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={SCRIM} />
        <Radix.Content
          {...(about ? {} : { "aria-describedby": undefined })}
          {...focus}
          tabIndex={-1}
          className={cx(BOX, wide ? "max-w-2xl" : "max-w-md", "outline-none")}
        >
          <header className="flex items-start gap-3 px-5 pt-4">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-base font-semibold">{title}</Radix.Title>
              {about && <Radix.Description className="mt-0.5 text-sm text-text-2">{about}</Radix.Description>}
            </div>
            <Radix.Close asChild>
              <IconButton label="Close" className="-mr-2">
                <X className="size-4" />
              </IconButton>
            </Radix.Close>
          </header>
          <div className="min-h-0 overflow-y-auto px-5 pt-4 pb-5">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

// The first field is focused, else the panel itself, so that no button shows its tooltip unasked.
const focusPanel = (event: Event) => {
  event.preventDefault();
  if (!(event.currentTarget instanceof HTMLElement)) return;
  const field = event.currentTarget.querySelector<HTMLElement>("input, select, textarea");
  (field ?? event.currentTarget).focus();
};

/** Brings the focus back, when the panel closes, to what opened it; or to the screen, if that is gone. */
function useFocus(take?: (event: Event) => void) {
  const opener = useRef<Element | null>(null);
  return {
    onOpenAutoFocus(event: Event) {
      opener.current = document.activeElement;
      take?.(event);
    },
    onCloseAutoFocus(event: Event) {
      event.preventDefault();
      const back = opener.current?.isConnected ? opener.current : document.getElementById("main");
      if (back instanceof HTMLElement) back.focus({ preventScroll: true });
    },
  };
}

/** A panel from the right over the list it belongs to; the whole width on a phone. */
export function Drawer({
  open,
  onOpenChange,
  title,
  subtitle,
  actions,
  children,
}: Open & {
  title: ReactNode;
  subtitle?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  const focus = useFocus(focusPanel);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={SCRIM} />
        <Radix.Content
          aria-describedby={undefined}
          {...focus}
          tabIndex={-1}
          className="fixed inset-y-0 right-0 z-50 flex w-full max-w-xl animate-slide flex-col border-l border-line bg-raised shadow-float outline-none"
        >
          <header className="flex items-center gap-2 border-b border-line py-3 pr-3 pl-5">
            <div className="min-w-0 flex-1">
              <Radix.Title className="truncate text-base font-semibold">{title}</Radix.Title>
              {subtitle && <div className="truncate text-xs text-text-3">{subtitle}</div>}
            </div>
            {actions}
            <Radix.Close asChild>
              <IconButton label="Close">
                <X className="size-4" />
              </IconButton>
            </Radix.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Asks before something that cannot be undone, and shows why it failed if it did. */
export function Confirm({
  open,
  onOpenChange,
  title,
  children,
  action,
  dismiss = "Cancel",
  danger,
  onConfirm,
}: Open & {
  title: string;
  children: ReactNode;
  action: string;
  /** What leaves all as it is, where "Cancel" would be taken for the act itself. */
  dismiss?: string;
  danger?: boolean;
  onConfirm(): Promise<unknown>;
}) {
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  const focus = useFocus();
  const confirm = async () => {
    setState({ busy: true, error: null });
    try {
      await onConfirm();
      setState({ busy: false, error: null });
      onOpenChange(false);
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  return (
    <AlertDialog.Root open={open} onOpenChange={onOpenChange}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className={SCRIM} />
        <AlertDialog.Content {...focus} className={cx(BOX, "max-w-md p-5")}>
          <AlertDialog.Title className="text-base font-semibold">{title}</AlertDialog.Title>
          <AlertDialog.Description asChild>
            <div className="mt-1.5 text-sm text-text-2">{children}</div>
          </AlertDialog.Description>
          {state.error !== null && (
            <div className="mt-3">
              <Notice tone="bad" title={messageOf(state.error)} />
            </div>
          )}
          <div className="mt-5 flex justify-end gap-2">
            <AlertDialog.Cancel asChild>
              <Button>{dismiss}</Button>
            </AlertDialog.Cancel>
            <Button variant={danger ? "danger" : "primary"} busy={state.busy} onClick={() => void confirm()}>
              {action}
            </Button>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

/** What a form in a dialog ends with. */
export const FormFoot = ({
  onCancel,
  busy,
  children,
}: {
  onCancel(): void;
  busy?: boolean;
  children: ReactNode;
}) => (
  <div className="flex justify-end gap-2">
    <Button onClick={onCancel}>Cancel</Button>
    <Button type="submit" variant="primary" {...(busy === undefined ? {} : { busy })}>
      {children}
    </Button>
  </div>
);
