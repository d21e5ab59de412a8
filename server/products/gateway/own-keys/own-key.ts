/** A key of an organization's own at a provider. Pure. */
import type { Id, OrgId } from "../../../platform/ids.ts";

export type OwnKeyId = Id<"pvk">;
export type OwnKey = {
  id: OwnKeyId;
  provider: string;
  /** Sealed. */
  secret: Buffer;
  secret_last4: string;
  use: "prefer" | "only";
  fallback_to_platform: boolean;
  state: "ok" | "failing";
  /** In a row, since it last worked. */
  refusals: number;
  created_at: Date;
  updated_at: Date;
};

/** Where a sealed secret is at home. */
export const ownKeyPlace = (org: OrgId, id: OwnKeyId): string => `own provider key ${org} ${id}`;
