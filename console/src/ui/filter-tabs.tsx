import { formatInteger } from "../lib/format.ts";
import { cx } from "./class-names.ts";

/** One choice of a few, each with its count; scrolls sideways when narrow. */
export function FilterTabs<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: T;
  options: readonly { value: T; label: string; count?: number | undefined; alarm?: boolean }[];
  onChange(value: T): void;
}) {
  return (
    <fieldset className="max-w-full min-w-0">
      <legend className="sr-only">{label}</legend>
      <div className="flex gap-1 overflow-x-auto rounded-lg bg-sunken p-1">
        {options.map((option) => (
          <button
            key={option.value}
            type="button"
            aria-pressed={value === option.value}
            onClick={() => onChange(option.value)}
            className={cx(
              "flex h-7 shrink-0 items-center gap-1.5 rounded-md px-2.5 text-xs font-medium transition-colors",
              value === option.value ? "bg-raised text-text shadow-card" : "text-text-2 hover:text-text",
            )}
          >
            {option.label}
            {option.count !== undefined && (
              <span className={cx("num", option.alarm && option.count > 0 ? "text-bad" : "text-text-3")}>
                {formatInteger(option.count)}
              </span>
            )}
          </button>
        ))}
      </div>
    </fieldset>
  );
}
