import type { Model } from "../../api/types.ts";
import { SelectField, TextArea, TextField } from "../../ui/field.tsx";
import { perMillion } from "./prices.ts";

export type ChatSettings = {
  model: string;
  maxTokens: number | null;
  temperature: number | null;
  system: string;
};

export function ParametersPanel({
  models,
  settings,
  onChange,
}: {
  models: readonly Model[];
  settings: ChatSettings;
  onChange(patch: Partial<ChatSettings>): void;
}) {
  const model = models.find(({ id }) => id === settings.model);
  const numberOf = (text: string) => (text === "" ? null : Number(text));
  return (
    <div className="flex flex-col gap-4 p-4">
      <SelectField
        label="Model"
        value={settings.model}
        onChange={(event) => onChange({ model: event.target.value })}
        hint={
          model?.pricing &&
          `${perMillion(model.pricing.prompt)} in, ${perMillion(model.pricing.completion)} out, per million tokens`
        }
      >
        {models.map(({ id }) => (
          <option key={id}>{id}</option>
        ))}
      </SelectField>
      <TextField
        label="Longest answer, in tokens"
        type="number"
        min={1}
        max={16_384}
        value={settings.maxTokens ?? ""}
        placeholder="The model's own"
        onChange={(event) => onChange({ maxTokens: numberOf(event.target.value) })}
        hint="The hold is made for this much; what is not used comes back."
      />
      <TextField
        label="Temperature"
        type="number"
        min={0}
        max={2}
        step={0.1}
        value={settings.temperature ?? ""}
        placeholder="The model's own"
        onChange={(event) => onChange({ temperature: numberOf(event.target.value) })}
      />
      <TextArea
        label="Instructions"
        rows={3}
        value={settings.system}
        placeholder="How the model should behave"
        onChange={(event) => onChange({ system: event.target.value })}
      />
    </div>
  );
}
