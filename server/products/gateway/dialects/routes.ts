import { z } from "zod";
import type { Http } from "../../../platform/http/index.ts";
import { complete, type Incoming } from "../complete.ts";
import type { Gateway } from "../settling/state.ts";
import { MESSAGES, OPENAI_DOORS, type Door } from "./doors.ts";
import { countMessages } from "./messages/count.ts";
import { MOST_FILE_BYTES } from "./transcriptions/read.ts";
import { transcriptionDialect } from "./transcriptions/transcriptions.ts";

const BODY_LIMIT = 8 * 1024 * 1024;
/** What a form has beside its file. */
const FORM_BYTES = 256 * 1024;
const COUNTS_PER_MINUTE = 60;
/** What all model calls share. */
const call = {
  method: "POST",
  tag: "Models",
  access: { least: "agent", permission: "gateway.use" },
  bodyLimit: BODY_LIMIT,
  rawBody: true,
} as const;
/** By limits of their own: the key's, the person's, the organization's and the plan's. */
const spending = { ...call, limit: "none", answer: { status: 200, schema: null } } as const;
/** Anthropic's clients ask for what is new there by it; none of that changes an answer here. */
const anthropicQuery = z.strictObject({ beta: z.enum(["true"]).optional() });

const counted = z
  .object({
    input_tokens: z.int(),
    estimated: z.boolean().meta({ description: "False where the provider itself counted" }),
  })
  .meta({ id: "MessageTokens" });

/** Model calls under one base URL. */
export function callRoutes(http: Http, gateway: Gateway, base: string, suffix: string): void {
  const named = ({ path, operation, summary }: Door) => ({
    path: `${base}${path}`,
    id: `${operation}${suffix}`,
    summary,
  });
  for (const door of OPENAI_DOORS)
    http.operation({
      ...spending,
      ...named(door),
      envelope: "openai",
      handle: (incoming) => tracked(gateway, { ...incoming, dialect: door.dialect }),
    });
  http.operation({
    ...spending,
    ...named(MESSAGES),
    envelope: "anthropic",
    query: anthropicQuery,
    handle: (incoming) => tracked(gateway, { ...incoming, dialect: MESSAGES.dialect }),
  });
  http.operation({
    ...spending,
    path: `${base}/audio/transcriptions`,
    id: `createTranscription${suffix}`,
    summary: "Write down what is said in a file of up to 25 MiB and two minutes",
    envelope: "openai",
    bodyLimit: MOST_FILE_BYTES + FORM_BYTES,
    handle: (incoming) => {
      const dialect = transcriptionDialect(incoming.request.headers["content-type"], gateway.sounds);
      return tracked(gateway, { ...incoming, dialect });
    },
  });
  http.operation({
    ...call,
    path: `${base}/messages/count_tokens`,
    id: `countMessageTokens${suffix}`,
    summary: "Tokens of a prompt in Anthropic's words; free",
    envelope: "anthropic",
    query: anthropicQuery,
    limit: { name: "token_counts", perMinute: COUNTS_PER_MINUTE },
    answer: { status: 200, schema: counted },
    handle: ({ actor, body, request }) => countMessages(gateway, { actor, body, headers: request.headers }),
  });
}

/** A call counts as running until its last byte, so that a stop can wait for it. */
async function tracked(gateway: Gateway, incoming: Incoming): Promise<undefined> {
  const running = { done: complete(gateway, incoming), connection: incoming.reply.raw };
  gateway.running.add(running);
  try {
    await running.done;
  } finally {
    gateway.running.delete(running);
  }
}
