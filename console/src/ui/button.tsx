import { Loader } from "lucide-react";
import type { ComponentProps, MouseEvent, ReactNode } from "react";
import { cx } from "./class-names.ts";
import { Tip } from "./tooltip.tsx";

type Variant = "primary" | "secondary" | "ghost" | "danger";
type Size = "sm" | "md";

const VARIANTS: Record<Variant, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-hover shadow-card",
  secondary: "bg-surface text-text border border-line-strong hover:bg-hover shadow-card",
  ghost: "text-text-2 hover:bg-hover hover:text-text",
  danger: "bg-bad text-on-bad hover:bg-bad-hover shadow-card",
};
const SIZES: Record<Size, string> = { sm: "h-7 px-2.5 text-xs gap-1.5", md: "h-8.5 px-3.5 text-sm gap-2" };

/** The look of a button, for links that act like one. */
export const buttonClass = (variant: Variant = "secondary", size: Size = "md"): string =>
  cx(
    "inline-flex items-center justify-center rounded-md font-medium whitespace-nowrap select-none transition-colors",
    "disabled:opacity-55 disabled:cursor-not-allowed aria-busy:opacity-55 aria-busy:cursor-progress",
    VARIANTS[variant],
    SIZES[size],
  );

type ButtonProps = ComponentProps<"button"> & {
  variant?: Variant;
  size?: Size;
  icon?: ReactNode;
  /** Shows a spinner and refuses clicks, keeping the width, and the focus for whoever pressed it by keyboard. */
  busy?: boolean;
};

const refuse = (event: MouseEvent) => event.preventDefault();

export function Button({ variant, size, icon, busy, children, className, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      // A disabled button would lose the focus. The Enter of a form comes as a click as well.
      {...(busy && { "aria-busy": true, "aria-disabled": true, onClick: refuse })}
      className={cx(buttonClass(variant, size), className)}
    >
      {busy ? <Loader className="size-3.5 animate-spin" aria-hidden /> : icon}
      {children}
    </button>
  );
}

/** A button that is only an icon: its label is read out and shown on hover. */
export function IconButton({
  label,
  children,
  className,
  ...rest
}: ComponentProps<"button"> & { label: string }) {
  return (
    <Tip text={label}>
      <button
        type="button"
        aria-label={label}
        {...rest}
        className={cx(
          "inline-flex size-8 shrink-0 items-center justify-center rounded-md text-text-2 transition-colors",
          "hover:bg-hover hover:text-text disabled:opacity-50",
          className,
        )}
      >
        {children}
      </button>
    </Tip>
  );
}
