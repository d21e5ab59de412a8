import { generateKeyPairSync, sign } from "node:crypto";
import { expect, test } from "vitest";
import { commit, GENESIS, headBytes, link, type SealedEntry } from "./chain.ts";
import type { ChainLink, SignedHead } from "./chain-store.ts";
import { checkExport, headLine, linkLine } from "./export-lines.ts";

const ORG = "org_1";
const SALT = Buffer.alloc(16, 7);
const keys = [generateKeyPairSync("ed25519"), generateKeyPairSync("ed25519")] as const;
const pemOf = (key: (typeof keys)[number]) => key.publicKey.export({ type: "spki", format: "pem" });
const publicKeys = keys.map(pemOf);

/** Four entries, each with an address; the first two were kept long enough and are gone. */
const chain: ChainLink[] = [];
for (let n = 1; n <= 4; n += 1) {
  const email = `person-${n}@example.com`;
  const sealed: SealedEntry = {
    orgId: ORG,
    id: `aud_${n}`,
    actorId: "system",
    action: "thing.done",
    targetId: null,
    detail: { n },
    commitments: { email: commit(SALT, email) },
    createdAt: new Date(`2026-03-0${n}T00:00:00Z`),
  };
  const hash = link(chain.at(-1)?.hash ?? GENESIS, sealed);
  const kept = n > 2;
  chain.push({
    seq: BigInt(n),
    hash,
    entry: kept ? sealed : null,
    personal: kept ? [{ field: "email", value: email, salt: SALT }] : [],
  } as ChainLink);
}

function headAt(seq: number, version: 1 | 2, by = keys[version - 1] as (typeof keys)[number]): SignedHead {
  const { hash } = chain[seq - 1] as ChainLink;
  const signature = sign(null, headBytes(ORG, BigInt(seq), hash), by.privateKey);
  return { day: `2026-03-0${seq}`, seq: BigInt(seq), hash, keyVersion: version, signature } as SignedHead;
}
const heads = [headAt(2, 1), headAt(3, 2)];
const exported = (of: readonly SignedHead[] = heads, pems = publicKeys) => [
  headLine(ORG, pems, of),
  ...chain.map(linkLine),
  "",
];
const changed = (at: number, from: string, to: string) => {
  const lines = exported();
  const line = lines[at] as string;
  expect(line).toContain(from);
  return lines.with(at, line.replace(from, to));
};

test("heads signed by either key prove the trail as far as the newest; entries past their keep still link", async () => {
  expect(await checkExport(exported())).toEqual({ ok: true, entries: 2, signedUpTo: 3, fault: null });
  expect(await checkExport(exported([]))).toMatchObject({ ok: true, signedUpTo: 0 });
});

test("with a key from elsewhere, only what that key signed is believed, whatever keys the export brings", async () => {
  const [first] = heads as [SignedHead];
  const [own, other] = publicKeys as [string, string];
  expect(await checkExport(exported([first]), own)).toMatchObject({ ok: true, signedUpTo: 2 });
  const fault = "the signed head of 2026-03-02 does not fit entry 2";
  expect(await checkExport(exported([first]), other)).toMatchObject({ ok: false, signedUpTo: 0, fault });
  // The forger's own key, put in place of ours.
  const forged = exported([headAt(2, 1, keys[1])], [other, other]);
  expect(await checkExport(forged)).toMatchObject({ ok: true });
  expect(await checkExport(forged, own)).toMatchObject({ ok: false, fault });
});

test("a head of another hash, and one whose key the export lacks, do not fit", async () => {
  const fault = "the signed head of 2026-03-03 does not fit entry 3";
  const elsewhere = { ...headAt(3, 2), hash: (chain[0] as ChainLink).hash };
  expect(await checkExport(exported([elsewhere]))).toMatchObject({ ok: false, fault });
  expect(await checkExport(exported([headAt(3, 2)], publicKeys.slice(0, 1)))).toMatchObject({ fault });
});

test("a trail cut short of its newest signed end is named, and so is one without any line", async () => {
  expect(await checkExport(exported().slice(0, 3))).toMatchObject({
    ok: false,
    signedUpTo: 2,
    fault: "entries after 2 are missing",
  });
  expect(await checkExport(["", ""])).toMatchObject({ ok: false, fault: "empty" });
});

test("a file of another format is refused before anything in it is believed", async () => {
  expect(await checkExport(changed(0, "holdfast.audit.1", "holdfast.audit.9"))).toMatchObject({
    ok: false,
    entries: 0,
    fault: "not an export of this format: holdfast.audit.9",
  });
});

test("a changed entry and a changed personal text are told apart; an erased text is no fault", async () => {
  expect(await checkExport(changed(3, "thing.done", "thing.gone"))).toMatchObject({
    ok: false,
    fault: "entry 3 (aud_3) was changed",
  });
  expect(await checkExport(changed(4, "person-4@", "person-5@"))).toMatchObject({
    ok: false,
    entries: 1,
    fault: "personal text email of entry 4 (aud_4) was changed",
  });
  const erased = exported().with(4, linkLine({ ...(chain[3] as ChainLink), personal: [] }));
  expect(await checkExport(erased)).toMatchObject({ ok: true, entries: 2 });
});
