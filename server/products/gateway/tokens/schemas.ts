import { z } from "zod";
import { idParam, instant, int64, listAnswer, listQuery, text } from "../../../platform/http/index.ts";
import { STATES, type ReservationRow } from "./store.ts";

const MOST_MICROS = 10n ** 12n;
const MOST_PROMPT_TOKENS = 10_000_000;
const MOST_OUTPUT_TOKENS = 1_000_000;

const amount = int64
  .refine((micros) => micros >= 1n && micros <= MOST_MICROS, `must be from 1 to ${MOST_MICROS}`)
  .optional()
  .meta({
    type: "integer",
    format: "int64",
    minimum: 1,
    maximum: Number(MOST_MICROS),
    description: "Micro-credits; or else a model and its tokens",
  });
const model = z.string().min(1).max(256).optional();
const tokens = (most: number) => z.int().min(0).max(most);
const named = { purpose: text(64).optional(), project_id: text(64).optional() };

/** Either the amount, or the model with what belongs to it. */
const either =
  (...beside: string[]) =>
  (body: Record<string, unknown>): boolean => {
    const given = (name: string) => body[name] !== undefined;
    const byModel = ["model", ...beside];
    return given("amount_micros") ? !byModel.some(given) : byModel.every(given);
  };

export const reserveInput = z
  .strictObject({
    amount_micros: amount,
    model,
    prompt_tokens: tokens(MOST_PROMPT_TOKENS).optional(),
    max_output_tokens: tokens(MOST_OUTPUT_TOKENS).optional(),
    deadline_s: z.int().min(10).max(3_600).default(600),
    on_expiry: z
      .enum(["release", "capture"])
      .default("release")
      .meta({ description: "What happens to the credits when nobody consumes or releases them in time" }),
    ...named,
  })
  .refine(
    either("prompt_tokens", "max_output_tokens"),
    "takes amount_micros, or model with prompt_tokens and max_output_tokens",
  );

export const consumeInput = z
  .strictObject({
    hold_id: idParam("hold").optional().meta({
      type: "string",
      pattern: "^hold_[0-9a-f]{32}$",
      description: "Left out: the credits are taken at once",
    }),
    amount_micros: amount,
    model,
    usage: z
      .strictObject({
        input_tokens: tokens(MOST_PROMPT_TOKENS).default(0),
        cache_read_tokens: tokens(MOST_PROMPT_TOKENS).default(0),
        cache_write_tokens: tokens(MOST_PROMPT_TOKENS).default(0),
        output_tokens: tokens(MOST_OUTPUT_TOKENS).default(0),
      })
      .optional()
      .meta({ description: "Disjoint counts: each token is in one of them" }),
    allow_excess: z
      .boolean()
      .default(false)
      .meta({ description: "What is above the hold comes from what is available, all of it or nothing" }),
    ...named,
  })
  .refine(either("usage"), "takes amount_micros, or model with usage");

export const releaseInput = z.strictObject({ hold_id: idParam("hold") });
export const holdsQuery = z.strictObject({ state: z.enum(STATES).optional(), ...listQuery });

export const reservationAnswer = z
  .object({
    id: z.string(),
    amount_micros: int64,
    state: z.enum(STATES),
    captured_micros: int64,
    on_expiry: z.enum(["release", "capture"]),
    purpose: z.string().nullable(),
    project_id: z.string().nullable(),
    model: z.string().nullable(),
    key_id: z.string().nullable().meta({ description: "The key, or null for a person" }),
    user_id: z.string().nullable(),
    expires_at: instant,
    created_at: instant,
    ended_at: instant.nullable(),
  })
  .meta({ id: "TokenHold" });
export const holdsAnswer = listAnswer(reservationAnswer).meta({ id: "TokenHoldList" });

export const spentAnswer = z
  .object({
    hold_id: z.string(),
    captured_micros: int64.meta({ description: "All that was paid, what was above the hold included" }),
    released_micros: int64,
    txn_id: z.string().nullable(),
    available_micros: int64,
  })
  .meta({ id: "TokenSpend" });

export const presentReservation = (row: ReservationRow): z.output<typeof reservationAnswer> => ({
  id: row.id,
  amount_micros: row.amount_micros,
  state: row.state,
  captured_micros: row.captured_micros,
  on_expiry: row.on_expiry,
  purpose: row.purpose,
  project_id: row.project_id,
  model: row.model,
  key_id: row.credential_id.startsWith("key_") ? row.credential_id : null,
  user_id: row.user_id,
  expires_at: row.expires_at,
  created_at: row.created_at,
  ended_at: row.ended_at,
});
