import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { CodeBlock } from "../../ui/copy.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import type { ChatSettings } from "./parameters-panel.tsx";
import { snippet, type SnippetKind } from "./snippets.ts";

const KINDS: { value: SnippetKind; label: string }[] = [
  { value: "curl", label: "curl" },
  { value: "node", label: "Node" },
  { value: "python", label: "Python" },
];

export function SnippetDialog({
  open,
  onOpenChange,
  settings,
}: {
  open: boolean;
  onOpenChange(open: boolean): void;
  settings: ChatSettings;
}) {
  const [kind, setKind] = useState<SnippetKind>("curl");
  return (
    <Dialog
      wide
      open={open}
      onOpenChange={onOpenChange}
      title="The same call from your code"
      about="Any OpenAI client works: only the base URL and the key change."
    >
      <div className="flex flex-col gap-3">
        <FilterTabs<SnippetKind>
          label="Language"
          value={kind}
          options={KINDS}
          onChange={(next) => setKind(next)}
        />
        <CodeBlock label={`Example for ${kind}`} code={snippet(kind, location.origin, settings)} />
        <p className="text-sm text-text-2">
          <code>HOLDFAST_KEY</code> is one of your{" "}
          <Link to="/api-keys" className="font-medium text-accent hover:underline">
            API keys
          </Link>
          .
        </p>
      </div>
    </Dialog>
  );
}
