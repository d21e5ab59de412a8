import type { UserId } from "../../../platform/ids.ts";

export type User = { id: UserId; email: string; fullName: string; operator: boolean };

/** The end of the address that an erased person is left with. Nobody signs in, or is let in, under such a one. */
export const ERASED_AT = "@anonymized.invalid";
