import type { UserId } from "../../../platform/ids.ts";

export type User = { id: UserId; email: string; fullName: string; operator: boolean };
