import { useQuery } from "@tanstack/react-query";
import { Code, Eraser, MessageSquareText, SendHorizontal, SlidersHorizontal, Square } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { queries } from "../../api/queries.ts";
import type { Model } from "../../api/types.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { type ChatSettings, ParametersPanel } from "./parameters-panel.tsx";
import { SnippetDialog } from "./snippet-dialog.tsx";
import { TurnView } from "./turn-view.tsx";
import { type Chat, useChat } from "./use-chat.ts";

const MODEL_KEY = "holdfast.playground.model";
const EXAMPLES = [
  "Explain double-entry bookkeeping in three sentences.",
  "Write a polite reminder for an unpaid invoice.",
  "Give me three names for a coffee shop by the sea.",
];

export function PlaygroundScreen() {
  const models = useQuery(queries.models());
  return (
    <Page
      title="Playground"
      about="Each call holds its worst cost first, and is settled at its exact cost when it ends."
    >
      {models.error && !models.data ? (
        <Card>
          <Failure error={models.error} onRetry={() => void models.refetch()} />
        </Card>
      ) : models.data ? (
        <Playground models={models.data.data.filter(({ task }) => task === "chat")} />
      ) : (
        <Skeleton className="h-96 w-full rounded-xl" />
      )}
    </Page>
  );
}

function Playground({ models }: { models: readonly Model[] }) {
  const chat = useChat();
  const [panel, setPanel] = useState(false);
  const [snippet, setSnippet] = useState(false);
  const [settings, setSettings] = useState<ChatSettings>(() => ({
    model: models.find(({ id }) => id === localStorage.getItem(MODEL_KEY))?.id ?? models[0]?.id ?? "",
    maxTokens: 512,
    temperature: null,
    system: "",
  }));
  const change = (patch: Partial<ChatSettings>) => {
    if (patch.model) localStorage.setItem(MODEL_KEY, patch.model);
    setSettings((all) => ({ ...all, ...patch }));
  };
  return (
    <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_18rem]">
      <Card className="flex h-[calc(100dvh-11.5rem)] min-h-112 flex-col">
        <div className="flex items-center gap-1 border-b border-line px-3 py-1.5">
          <code className="min-w-0 flex-1 truncate text-xs text-text-2">{settings.model}</code>
          <Button
            size="sm"
            variant="ghost"
            icon={<Code className="size-3.5" />}
            onClick={() => setSnippet(true)}
          >
            Code
          </Button>
          <IconButton label="Start over" disabled={chat.turns.length === 0} onClick={chat.clear}>
            <Eraser className="size-4" />
          </IconButton>
          <IconButton
            label="Parameters"
            aria-expanded={panel}
            className="lg:hidden"
            onClick={() => setPanel((open) => !open)}
          >
            <SlidersHorizontal className="size-4" />
          </IconButton>
        </div>
        {panel && (
          <div className="border-b border-line lg:hidden">
            <ParametersPanel models={models} settings={settings} onChange={change} />
          </div>
        )}
        <Transcript chat={chat} onExample={(text) => chat.send(text, settings)} />
        <Composer chat={chat} onSend={(text) => chat.send(text, settings)} />
      </Card>
      <Card className="self-start max-lg:hidden">
        <ParametersPanel models={models} settings={settings} onChange={change} />
      </Card>
      <SnippetDialog open={snippet} onOpenChange={setSnippet} settings={settings} />
    </div>
  );
}

function Transcript({ chat, onExample }: { chat: Chat; onExample(text: string): void }) {
  const end = useRef<HTMLDivElement>(null);
  const { turns } = chat;
  useEffect(() => {
    if (turns.length > 0) end.current?.scrollIntoView({ block: "nearest" });
  }, [turns]);
  return (
    <div className="min-h-0 flex-1 overflow-y-auto" role="log" aria-label="Conversation">
      {chat.turns.length === 0 && (
        <Empty icon={<MessageSquareText className="size-5" />} title="Ask a model something">
          <span className="mt-3 flex flex-col gap-2">
            {EXAMPLES.map((example) => (
              <Button
                key={example}
                size="sm"
                className="!whitespace-normal h-auto py-1.5"
                onClick={() => onExample(example)}
              >
                {example}
              </Button>
            ))}
          </span>
        </Empty>
      )}
      {chat.turns.map((turn) => (
        <TurnView key={turn.id} turn={turn} />
      ))}
      <div ref={end} />
    </div>
  );
}

function Composer({ chat, onSend }: { chat: Chat; onSend(text: string): void }) {
  const [text, setText] = useState("");
  const send = () => {
    if (!text.trim() || chat.running) return;
    onSend(text.trim());
    setText("");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      className="flex items-end gap-2 border-t border-line p-3"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        aria-label="Message"
        placeholder="Ask something…"
        title="Enter sends, Shift+Enter breaks the line"
        rows={2}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        className="field-sizing-content max-h-40 min-h-11 w-full resize-none rounded-md border border-line-strong bg-surface px-3 py-2 text-sm focus-visible:outline-offset-0"
      />
      {chat.running ? (
        <Button icon={<Square className="size-3.5 fill-current" />} onClick={chat.stop} className="h-11">
          Stop
        </Button>
      ) : (
        <Button
          type="submit"
          variant="primary"
          disabled={!text.trim()}
          icon={<SendHorizontal className="size-4" />}
          className="h-11"
        >
          Send
        </Button>
      )}
    </form>
  );
}
