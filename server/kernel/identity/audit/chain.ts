/** How entries are linked. Pure, so that an outsider can check an export with nothing but this. */
import { createHash } from "node:crypto";
import { canonicalJson } from "../../../platform/crypto/index.ts";

/** What is sealed of an entry. */
export type SealedEntry = {
  orgId: string;
  id: string;
  actorId: string;
  action: string;
  targetId: string | null;
  detail: unknown;
  commitments: Record<string, string>;
  createdAt: Date;
};

/** The hash before the first entry of a chain. */
export const GENESIS = Buffer.alloc(32);

/** SHA-256(previous ‖ RFC 8785 JSON of the entry). */
export function link(previous: Buffer, entry: SealedEntry): Buffer {
  const text = canonicalJson({
    action: entry.action,
    actor_id: entry.actorId,
    commitments: entry.commitments,
    created_at: entry.createdAt.toISOString(),
    detail: entry.detail,
    id: entry.id,
    org_id: entry.orgId,
    target_id: entry.targetId,
  });
  return createHash("sha256").update(previous).update(text).digest();
}

/** SHA-256(salt ‖ value), hex: what an entry keeps of personal text. */
export const commit = (salt: Buffer, value: string): string =>
  createHash("sha256").update(salt).update(value).digest("hex");

/** What a signature on the end of a chain covers. */
export const headBytes = (orgId: string, seq: bigint, hash: Buffer): Buffer =>
  Buffer.from(canonicalJson({ hash: hash.toString("hex"), org_id: orgId, seq: String(seq) }));
