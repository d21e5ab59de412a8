import { z } from "zod";
import { signedInAnswer } from "../schemas.ts";
import { tokenSetAnswer } from "../tokens/schemas.ts";

/** What a sign-in answers: the session whose cookie was set, or tokens. */
export const loginAnswer = z.union([signedInAnswer, tokenSetAnswer]);
