import { type ComponentProps, type ReactNode, useId } from "react";
import { cx } from "./class-names.ts";

const CONTROL =
  "rounded-md border bg-surface px-2.5 text-sm text-text shadow-card transition-colors disabled:opacity-60 focus-visible:outline-offset-0";
const control = (error: string | undefined) => cx(CONTROL, error ? "border-bad" : "border-line-strong");

type FieldProps = { label: ReactNode; hint?: ReactNode; error?: string | undefined; className?: string };

function Frame({
  id,
  label,
  hint,
  error,
  className,
  children,
}: FieldProps & { id: string; children: ReactNode }) {
  return (
    <div className={cx("flex flex-col gap-1.5", className)}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children}
      {(error ?? hint) && (
        <p id={`${id}-note`} className={cx("text-xs", error ? "text-bad" : "text-text-3")}>
          {error ?? hint}
        </p>
      )}
    </div>
  );
}

const described = (id: string, { hint, error }: FieldProps) => ({
  id,
  "aria-invalid": error ? true : undefined,
  "aria-describedby": (error ?? hint) ? `${id}-note` : undefined,
});

type Props<T extends "input" | "select" | "textarea"> = Omit<ComponentProps<T>, "className"> & FieldProps;

export function TextField({ label, hint, error, className, ...rest }: Props<"input">) {
  const id = useId();
  return (
    <Frame {...{ id, label, hint, error, className: className ?? "" }}>
      <input
        {...rest}
        {...described(id, { label, hint, error })}
        className={cx(
          control(error),
          "h-8.5 w-full file:h-full file:border-0 file:bg-transparent file:p-0 file:pr-2.5 file:font-medium",
        )}
      />
    </Frame>
  );
}

export function TextArea({ label, hint, error, className, ...rest }: Props<"textarea">) {
  const id = useId();
  return (
    <Frame {...{ id, label, hint, error, className: className ?? "" }}>
      <textarea
        {...rest}
        {...described(id, { label, hint, error })}
        className={cx(control(error), "w-full py-2")}
      />
    </Frame>
  );
}

export function SelectField({ label, hint, error, className, children, ...rest }: Props<"select">) {
  const id = useId();
  return (
    <Frame {...{ id, label, hint, error, className: className ?? "" }}>
      <select
        {...rest}
        {...described(id, { label, hint, error })}
        className={cx(control(error), "h-8.5 w-full")}
      >
        {children}
      </select>
    </Frame>
  );
}

/** A select without a frame, for the bar above a table. */
export function FilterSelect({ label, ...rest }: ComponentProps<"select"> & { label: string }) {
  return <select aria-label={label} {...rest} className={cx(control(undefined), "h-8 max-w-full pr-1")} />;
}

export function Checkbox({
  label,
  note,
  ...rest
}: ComponentProps<"input"> & { label: ReactNode; note?: ReactNode }) {
  return (
    <label className="flex cursor-pointer items-start gap-2.5 rounded-md py-1">
      <input type="checkbox" {...rest} className="mt-0.75 size-4 shrink-0 accent-accent" />
      <span className="min-w-0">
        <span className="block text-sm">{label}</span>
        {note && <span className="block text-xs text-text-3">{note}</span>}
      </span>
    </label>
  );
}

/** A text field without a frame, for the bar above a table. */
export function FilterField({ label, ...rest }: ComponentProps<"input"> & { label: string }) {
  return (
    <input
      type="search"
      aria-label={label}
      {...rest}
      className={cx(control(undefined), "h-8 w-56 max-w-full")}
    />
  );
}

/** A day without a frame, for the bar above a table. Empty is no bound. */
export function FilterDay({
  label,
  value,
  min,
  max,
  onChange,
}: {
  label: string;
  value: string | undefined;
  min?: string | undefined;
  max?: string | undefined;
  onChange(day: string): void;
}) {
  return (
    <input
      type="date"
      aria-label={label}
      value={value ?? ""}
      min={min}
      max={max}
      onChange={(event) => onChange(event.currentTarget.value)}
      className={cx(control(undefined), "h-8 max-w-full")}
    />
  );
}
