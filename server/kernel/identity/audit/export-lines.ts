/** What an exported trail looks like, and how an outsider checks it with nothing else at hand. Pure. */
import { createPublicKey, verify } from "node:crypto";
import { commit, GENESIS, headBytes, link } from "./chain.ts";
import type { ChainLink, SignedHead } from "./chain-store.ts";

const FORMAT = "holdfast.audit.1";

type HeadLine = {
  format: string;
  org_id: string;
  public_keys: string[];
  heads: { day: string; seq: number; hash: string; key_version: number; signature: string }[];
};
type LinkLine = {
  seq: number;
  hash: string;
  entry: {
    org_id: string;
    id: string;
    actor_id: string;
    action: string;
    target_id: string | null;
    detail: unknown;
    commitments: Record<string, string>;
    created_at: string;
  } | null;
  personal: Record<string, { value: string; salt: string }>;
};

/** The first line: whose trail, the signed ends, and the keys they were signed with. */
export const headLine = (orgId: string, publicKeys: string[], heads: readonly SignedHead[]): string =>
  JSON.stringify({
    format: FORMAT,
    org_id: orgId,
    public_keys: publicKeys,
    heads: heads.map((head) => ({
      day: head.day,
      seq: Number(head.seq),
      hash: head.hash.toString("hex"),
      key_version: head.keyVersion,
      signature: head.signature.toString("base64"),
    })),
  } satisfies HeadLine);

/** One line per link; `entry` is null where it is older than what is kept. */
export const linkLine = ({ seq, hash, entry, personal }: ChainLink): string =>
  JSON.stringify({
    seq: Number(seq),
    hash: hash.toString("hex"),
    entry: entry && {
      org_id: entry.orgId,
      id: entry.id,
      actor_id: entry.actorId,
      action: entry.action,
      target_id: entry.targetId,
      detail: entry.detail,
      commitments: entry.commitments,
      created_at: entry.createdAt.toISOString(),
    },
    personal: Object.fromEntries(
      personal.map(({ field, value, salt }) => [field, { value, salt: salt.toString("hex") }]),
    ),
  } satisfies LinkLine);

export type ExportVerdict = { ok: boolean; entries: number; signedUpTo: number; fault: string | null };

/**
 * Checks an export line by line. `trustedKey`, PEM, is a public key that the reader has from elsewhere; without it the keys in
 * the export itself are used, which proves that nothing was changed since, not who made it.
 */
export async function checkExport(
  lines: AsyncIterable<string> | Iterable<string>,
  trustedKey: string | null = null,
): Promise<ExportVerdict> {
  let first: HeadLine | null = null;
  let previous = GENESIS;
  let seq = 0;
  let entries = 0;
  let signedUpTo = 0;
  const fail = (fault: string): ExportVerdict => ({ ok: false, entries, signedUpTo, fault });
  for await (const text of lines) {
    if (text === "") continue;
    if (!first) {
      first = JSON.parse(text) as HeadLine;
      if (first.format !== FORMAT) return fail(`not an export of this format: ${first.format}`);
      continue;
    }
    const line = JSON.parse(text) as LinkLine;
    const hash = Buffer.from(line.hash, "hex");
    if (line.seq !== seq + 1) return fail(`entry ${seq + 1} is missing`);
    const wrong = faultOf(previous, hash, line);
    if (wrong) return fail(wrong);
    const head = first.heads.find((each) => each.seq === line.seq);
    if (head && !isGenuine(first, head, hash, trustedKey))
      return fail(`the signed head of ${head.day} does not fit entry ${line.seq}`);
    if (head) signedUpTo = line.seq;
    if (line.entry) entries += 1;
    previous = hash;
    seq = line.seq;
  }
  if (!first) return fail("empty");
  const newest = Math.max(0, ...first.heads.map((head) => head.seq));
  return seq < newest
    ? fail(`entries after ${seq} are missing`)
    : { ok: true, entries, signedUpTo, fault: null };
}

function faultOf(previous: Buffer, hash: Buffer, { seq, entry, personal }: LinkLine): string | null {
  if (!entry) return null;
  const made = link(previous, {
    orgId: entry.org_id,
    id: entry.id,
    actorId: entry.actor_id,
    action: entry.action,
    targetId: entry.target_id,
    detail: entry.detail,
    commitments: entry.commitments,
    createdAt: new Date(entry.created_at),
  });
  if (!made.equals(hash)) return `entry ${seq} (${entry.id}) was changed`;
  const wrong = Object.entries(personal).find(
    ([field, { value, salt }]) => entry.commitments[field] !== commit(Buffer.from(salt, "hex"), value),
  );
  return wrong ? `personal text ${wrong[0]} of entry ${seq} (${entry.id}) was changed` : null;
}

function isGenuine(
  { org_id: orgId, public_keys: keys }: HeadLine,
  head: HeadLine["heads"][number],
  hash: Buffer,
  trustedKey: string | null,
): boolean {
  const pem = trustedKey ?? keys[head.key_version - 1];
  if (!pem || head.hash !== hash.toString("hex")) return false;
  const signature = Buffer.from(head.signature, "base64");
  return verify(null, headBytes(orgId, BigInt(head.seq), hash), createPublicKey(pem), signature);
}
