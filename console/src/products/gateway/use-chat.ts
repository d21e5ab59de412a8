import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { type ChatMessage, type ChatReport, type ChatRequest, streamChat } from "./chat.ts";

/** One question and what came of it. */
export type Turn = {
  id: number;
  prompt: string;
  answer: string;
  /** Reserve → act → settle, as the person sees it. */
  phase: "holding" | "answering" | "settled" | "stopped" | "failed";
  heldMicros: number | null;
  report: ChatReport | null;
  error: unknown;
};

type Parameters = Pick<ChatRequest, "model" | "maxTokens" | "temperature"> & { system: string };

export type Chat = {
  turns: Turn[];
  running: boolean;
  send(prompt: string, p: Parameters): void;
  stop(): void;
  clear(): void;
};

/** A conversation with a model; one call at a time. */
export function useChat(): Chat {
  const client = useQueryClient();
  const [turns, setTurns] = useState<Turn[]>([]);
  const abort = useRef<AbortController | null>(null);
  const [running, setRunning] = useState(false);

  const change = (id: number, patch: (turn: Turn) => Partial<Turn>) =>
    setTurns((all) => all.map((turn) => (turn.id === id ? { ...turn, ...patch(turn) } : turn)));

  const run = async (turn: Turn, request: ChatRequest) => {
    const controller = new AbortController();
    abort.current = controller;
    setRunning(true);
    const events = {
      onHeld: (heldMicros: number | null) => change(turn.id, () => ({ heldMicros, phase: "answering" })),
      onText: (text: string) => change(turn.id, ({ answer }) => ({ answer: answer + text })),
    };
    try {
      const report = await streamChat(request, events, controller.signal);
      change(turn.id, () => ({ report, phase: "settled" }));
    } catch (error) {
      const stopped = controller.signal.aborted;
      change(turn.id, () => (stopped ? { phase: "stopped" } : { phase: "failed", error }));
    } finally {
      setRunning(false);
      void client.invalidateQueries({ queryKey: ["balance"] });
    }
  };

  return {
    turns,
    running,
    send(prompt, { system, ...parameters }) {
      const turn: Turn = {
        id: Date.now(),
        prompt,
        answer: "",
        phase: "holding",
        heldMicros: null,
        report: null,
        error: null,
      };
      setTurns((all) => [...all, turn]);
      void run(turn, { ...parameters, messages: conversation(turns, system, prompt) });
    },
    stop: () => abort.current?.abort(),
    clear() {
      abort.current?.abort();
      setTurns([]);
    },
  };
}

/** What the model is told: the rules, what was said, the new question. */
export function conversation(turns: readonly Turn[], system: string, prompt: string): ChatMessage[] {
  const said = turns.flatMap((turn): ChatMessage[] =>
    turn.answer
      ? [
          { role: "user", content: turn.prompt },
          { role: "assistant", content: turn.answer },
        ]
      : [],
  );
  const rules: ChatMessage[] = system.trim() ? [{ role: "system", content: system }] : [];
  return [...rules, ...said, { role: "user", content: prompt }];
}
