import type { World } from "../core/company.ts";
import type { z } from "zod";
import { readBody } from "./read.ts";

export type Prefer = "minimal" | "representation";

/** One call, its body read; `ids` are the variables of the path, in order. */
export type Call<B = unknown> = {
  world: World;
  ids: readonly string[];
  id: string;
  query: URLSearchParams;
  body: B;
  prefer: Prefer;
  requestId: string | null;
};

/** `id`: the object made, for a `PayPal-Request-Id` that comes again. No body: 204. */
export type Answer = { status: number; body?: unknown; id?: string };

/** How long a `PayPal-Request-Id` lives, and what it answers with when it comes again: the object as it is now. */
export type Keyed = { hours: number; latest(call: Call, id: string): Answer };

export type Operation = {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** As in PayPal's reference, with `{id}` for each variable. */
  path: string;
  keyed: Keyed | null;
  /** Whether the body may come as the field `input` of a form with files. */
  multipart?: boolean;
  /** Reads the body, which may throw; what comes back acts on the books. */
  prepare(call: Omit<Call, "body">, rawBody: Buffer): { body: unknown; run: () => Answer };
};

/** Declares an operation. `run` must not await: what it reads and writes belongs together. */
export function operation<B>(
  method: Operation["method"],
  path: string,
  input: z.ZodType<B> | null,
  run: (call: Call<B>) => Answer,
  keyed: Keyed | null = null,
): Operation {
  return {
    method,
    path,
    keyed,
    prepare(call, rawBody) {
      const body = (input === null ? undefined : readBody(input, rawBody)) as B;
      return { body, run: () => run({ ...call, body }) };
    },
  };
}
