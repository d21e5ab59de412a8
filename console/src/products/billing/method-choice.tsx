import type { PaymentMethod } from "../../api/types.ts";
import { cx } from "../../ui/class-names.ts";
import { methodName } from "./method-name.ts";

/** One of the cards and wallets that are kept. */
export function MethodChoice({
  methods,
  chosen,
  onChoose,
}: {
  methods: readonly PaymentMethod[];
  chosen: string | null;
  onChoose(id: string): void;
}) {
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-2 text-xs font-medium text-text-2">Pay with</legend>
      {methods.map((method) => (
        <label
          key={method.id}
          className={cx(
            "flex cursor-pointer items-center gap-2 rounded-lg border px-3 py-2 text-sm transition-colors has-focus-visible:outline-2 has-focus-visible:outline-accent",
            method.id === chosen ? "border-accent bg-accent-soft" : "border-line hover:bg-hover",
          )}
        >
          <input
            type="radio"
            name="method"
            value={method.id}
            checked={method.id === chosen}
            onChange={() => onChoose(method.id)}
            className="sr-only"
          />
          <span className="min-w-0 flex-1 truncate font-medium">{methodName(method)}</span>
          {method.is_default && <span className="text-xs text-text-3">Default</span>}
        </label>
      ))}
    </fieldset>
  );
}
