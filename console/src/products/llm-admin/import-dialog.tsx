import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { llm, llmQueries } from "../../api/llm.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import type { PriceImportInput, PriceImportResult } from "../../api/types.ts";
import { useIntent } from "../../lib/intent.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { SelectField, TextArea, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";
import { textOf } from "./provider-form.ts";

const FORMATS: [PriceImportInput["format"], string][] = [
  ["models.dev", "models.dev"],
  ["litellm", "LiteLLM"],
  ["langfuse", "Langfuse"],
];
const MOST_MB = 8;

/** Makes a draft of a provider's prices from a file. */
export function ImportDialog({ onClose }: { onClose(): void }) {
  const [result, setResult] = useState<PriceImportResult | null>(null);
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Import prices"
      about="They become a draft; nothing counts before it is approved."
    >
      {result ? <Result result={result} onClose={onClose} /> : <ImportForm onDone={setResult} />}
    </Dialog>
  );
}

async function documentOf(file: FormDataEntryValue | null): Promise<PriceImportInput["document"]> {
  if (!(file instanceof File)) throw new Error("Choose a file");
  if (file.size > MOST_MB * 1024 * 1024) throw new Error(`The file is larger than ${MOST_MB} MB`);
  try {
    return JSON.parse(await file.text()) as PriceImportInput["document"];
  } catch (error) {
    throw error instanceof SyntaxError ? new Error("The file is no JSON") : error;
  }
}

function Whose() {
  const providers = useQuery(llmQueries.providers());
  return (
    <>
      <SelectField label="Whose prices they become" name="provider" required>
        {providers.data?.data.map(({ id }) => (
          <option key={id} value={id}>
            {id}
          </option>
        ))}
      </SelectField>
      <SelectField label="Format" name="format">
        {FORMATS.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </SelectField>
    </>
  );
}

function ImportForm({ onDone }: { onDone(result: PriceImportResult): void }) {
  const client = useQueryClient();
  const intent = useIntent();
  const send = useMutation({
    mutationFn: async (form: FormData) => {
      const section = textOf(form, "section");
      const models = textOf(form, "models").split(/\s+/).filter(Boolean);
      const input: PriceImportInput = {
        provider: textOf(form, "provider"),
        format: textOf(form, "format") as PriceImportInput["format"],
        document: await documentOf(form.get("file")),
        ...(section && { section }),
        ...(models.length > 0 && { models }),
      };
      return llm.importPrices(input, intent.keyFor(input));
    },
    onSuccess: async (result) => {
      intent.done();
      await client.invalidateQueries({ queryKey: ["llm", "prices"] });
      onDone(result);
    },
  });
  const problem = send.error instanceof ApiError ? send.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    send.mutate(new FormData(event.currentTarget));
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Whose />
      <TextField
        label="File"
        name="file"
        type="file"
        accept="application/json,.json"
        required
        error={problem?.fieldError("document")}
      />
      <TextField
        label="Section"
        name="section"
        maxLength={64}
        autoComplete="off"
        placeholder="openai"
        hint="The provider in the file, where it has several"
      />
      <TextArea
        label="Models"
        name="models"
        rows={3}
        spellCheck={false}
        hint="By the file's names, one a line. Left empty: all that are known here"
      />
      {send.error && !problem?.fieldError("document") && <Notice tone="bad" title={messageOf(send.error)} />}
      <Button type="submit" variant="primary" busy={send.isPending}>
        Make a draft
      </Button>
    </form>
  );
}

function Result({ result, onClose }: { result: PriceImportResult; onClose(): void }) {
  const { outcome, added, incomplete, tiered, unknown } = result;
  return (
    <div className="flex flex-col gap-3">
      <Notice
        tone={outcome === "draft" ? "ok" : "info"}
        title={outcome === "draft" ? "A draft waits for a decision" : "No price is another than now"}
      />
      <ul className="flex flex-col gap-1 text-sm text-text-2">
        {added.length > 0 && <li>New models: {added.join(", ")}</li>}
        {tiered.length > 0 && <li>Longer prompts have prices of their own: {tiered.join(", ")}</li>}
        {incomplete.length > 0 && <li>Left out, no window is known: {incomplete.join(", ")}</li>}
        {unknown > 0 && <li>Listed, but no model here: {unknown}</li>}
      </ul>
      <div className="flex justify-end">
        <Button variant="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </div>
  );
}
