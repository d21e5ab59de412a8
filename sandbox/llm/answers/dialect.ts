/** How each company says the same things. */
import type { ServerResponse } from "node:http";
import type { Behaviour } from "../play/behaviour.ts";
import type { Generation } from "../bills/bill.ts";
import { errorBody, type Refusal } from "./errors.ts";
import type { Plan } from "../play/plan.ts";
import { readChat, type Chat } from "../request.ts";
import { chunksOf, COMMENT, DONE, jsonText, type Chunks, type Manner } from "./wire.ts";

export type Dialect = {
  idPrefix: string;
  /** Sent while nothing else is to be said; empty: nothing. */
  comment: string;
  done: string;
  readChat(rawBody: Buffer): Chat | { refusal: Refusal };
  chunks(generation: Generation, behaviour: Behaviour, chat: Chat): Chunks;
  json(generation: Generation, plan: Plan, behaviour: Behaviour): string;
  /** Headers that name the generation. */
  headers(generation: Generation): Record<string, string>;
  errorBody(refusal: Refusal): string;
};

export const OPENROUTERS: Manner = { own: true, cost: "cost", tells: true, onRequest: false };

export const openrouterDialect: Dialect = {
  idPrefix: "gen-",
  comment: COMMENT,
  done: DONE,
  readChat: (rawBody) => readChat(rawBody),
  chunks: (generation, behaviour) => chunksOf(generation, behaviour, OPENROUTERS),
  json: (generation, plan, behaviour) => jsonText(generation, plan, behaviour, OPENROUTERS),
  headers: () => ({}),
  errorBody,
};

/** The refusal in the company's own body. */
export function sendRefusalIn(
  dialect: Dialect,
  res: ServerResponse,
  refusal: Refusal,
  headers: Record<string, string> = {},
): void {
  res.writeHead(refusal.status, { "content-type": "application/json", ...headers });
  res.end(dialect.errorBody(refusal));
}
