import type { ApiKeyDefaults, LlmPolicy } from "../../api/types.ts";
import { SelectField, TextField } from "../../ui/field.tsx";
import {
  CACHES,
  COLLECTIONS,
  DEFAULT_CACHE_MINUTES,
  DEFAULT_COMPRESSION,
  FALLBACKS,
  MEMORIES,
  shownList,
  SORTS,
} from "./policy-form.ts";

type Routing = NonNullable<LlmPolicy["routing"]>;

/** Who is asked; `unsaid` tells what counts where nothing is chosen. */
export function RoutingFields({ routing, unsaid }: { routing: Routing; unsaid: string }) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <SelectField label="Order" name="sort" defaultValue={routing.sort ?? ""}>
        <option value="">{unsaid}</option>
        {SORTS.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </SelectField>
      <ListField label="Asked first, in this order" name="order" list={routing.order} />
      <ListField label="Only these providers" name="only" list={routing.only} />
      <ListField label="Never these" name="ignore" list={routing.ignore} />
      <TextField
        label="Most for input"
        name="max_prompt"
        type="number"
        min={0}
        step="any"
        defaultValue={routing.max_price?.prompt ?? ""}
        hint="USD per million tokens"
      />
      <TextField
        label="Most for output"
        name="max_completion"
        type="number"
        min={0}
        step="any"
        defaultValue={routing.max_price?.completion ?? ""}
        hint="USD per million tokens"
      />
      <ListField
        label="Other models to fall back to"
        name="models"
        list={routing.models}
        hint="Five at most, tried after the call's own"
      />
      <FallbackFields routing={routing} unsaid={unsaid} />
    </div>
  );
}

function FallbackFields({ routing, unsaid }: { routing: Routing; unsaid: string }) {
  const { allow_fallbacks: fallbacks, data_collection: collection } = routing;
  return (
    <>
      <OptionSelect
        label="When the first one fails"
        name="fallbacks"
        chosen={fallbacks === undefined ? "" : fallbacks ? "yes" : "no"}
        choices={FALLBACKS}
        unsaid={unsaid}
      />
      <OptionSelect
        label="Providers who train on prompts"
        name="collection"
        chosen={collection ?? ""}
        choices={COLLECTIONS}
        unsaid={unsaid}
      />
    </>
  );
}

/** Whether the same call is answered again, without asking a provider; `mayRefuse`: it can be turned off for good. */
export function CacheFields({
  cache,
  unsaid,
  mayRefuse = false,
}: {
  cache: NonNullable<ApiKeyDefaults["cache"]> | null;
  unsaid: string;
  mayRefuse?: boolean;
}) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <OptionSelect
        label="Answer the same call again"
        name="cache"
        chosen={cache === false ? "off" : (cache?.scope ?? "")}
        hint="Without asking a provider"
        choices={CACHES}
        unsaid={unsaid}
        mayRefuse={mayRefuse}
      />
      <TextField
        label="For so long"
        name="cache_minutes"
        type="number"
        min={1}
        max={10_080}
        defaultValue={cache ? Math.round(cache.ttl_seconds / 60) : DEFAULT_CACHE_MINUTES}
        hint="Minutes, a week at most"
      />
    </div>
  );
}

/** Whether calls use what is remembered of their person. */
export function MemoryField({
  memory,
  unsaid,
  mayRefuse = false,
}: {
  memory: NonNullable<ApiKeyDefaults["memory"]> | null;
  unsaid: string;
  mayRefuse?: boolean;
}) {
  return (
    <OptionSelect
      label="Memory"
      name="memory"
      chosen={memory === false ? "off" : (memory?.scope ?? "")}
      hint="Always the caller's own; each person may turn theirs off"
      choices={MEMORIES}
      unsaid={unsaid}
      mayRefuse={mayRefuse}
    />
  );
}

/** Whether long prompts are shortened before they are sent; `mayRefuse`: it can be turned off for good. */
export function CompressionFields({
  compression,
  unsaid,
  mayRefuse = false,
  errorOf,
}: {
  compression: NonNullable<ApiKeyDefaults["compression"]> | null;
  unsaid: string;
  mayRefuse?: boolean;
  errorOf?: (field: string) => string | undefined;
}) {
  const numbers = compression || DEFAULT_COMPRESSION;
  const field = (
    name: keyof typeof DEFAULT_COMPRESSION,
    label: string,
    [min, max]: [number, number],
    hint: string,
  ) => (
    <TextField
      label={label}
      name={name}
      type="number"
      min={min}
      max={max}
      defaultValue={numbers[name]}
      hint={hint}
      error={errorOf?.(`compression/${name}`)}
    />
  );
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <OptionSelect
        label="Shorten long prompts"
        name="compression"
        chosen={compression === false ? "off" : compression ? "on" : ""}
        hint="Old tool output goes first, then old turns, summed up by the model"
        choices={[["on", "Where that is cheaper, or the window is full"]]}
        unsaid={unsaid}
        mayRefuse={mayRefuse}
      />
      {field("trigger_percent", "From", [10, 100], "Percent of the model's window")}
      {field("target_percent", "Down to", [5, 95], "Percent of the window, below where it begins")}
      {field(
        "keep_last",
        "Last messages that stay",
        [1, 100],
        "As they are, with the system's and the first question",
      )}
    </div>
  );
}

/** One option of calls: not said here, refused where it may be, or one of its ways. */
function OptionSelect({
  label,
  name,
  chosen,
  hint,
  choices,
  unsaid,
  mayRefuse = false,
}: {
  label: string;
  name: string;
  chosen: string;
  hint?: string;
  choices: readonly (readonly [value: string, text: string])[];
  unsaid: string;
  mayRefuse?: boolean;
}) {
  return (
    <SelectField label={label} name={name} defaultValue={chosen} hint={hint}>
      <option value="">{unsaid}</option>
      {mayRefuse && <option value="off">Only where a call asks for it</option>}
      {choices.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </SelectField>
  );
}

function ListField({
  label,
  name,
  list,
  hint,
}: {
  label: string;
  name: string;
  list: readonly string[] | undefined;
  hint?: string;
}) {
  return (
    <TextField
      label={label}
      name={name}
      autoComplete="off"
      spellCheck={false}
      defaultValue={shownList(list)}
      hint={hint ?? "Separated by commas"}
    />
  );
}
