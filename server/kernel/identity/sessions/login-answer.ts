import { z } from "zod";
import { mfaChallengeAnswer } from "../mfa/schemas.ts";
import { signedInAnswer } from "../schemas.ts";
import { tokenSetAnswer } from "../tokens/schemas.ts";

/** What a sign-in answers: the session whose cookie was set, tokens, or the step that is still missing. */
export const loginAnswer = z.union([signedInAnswer, tokenSetAnswer, mfaChallengeAnswer]);
