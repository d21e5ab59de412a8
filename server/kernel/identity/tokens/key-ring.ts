import { withSystemTx } from "../../../platform/db/index.ts";
import { readPrivateKey, readPublicKey, type PublicKey } from "../engine/jose.ts";
import { listSigningKeys, type SigningKey } from "./key-store.ts";
import { isOver, type KeyDeps, placeOf, rotateKeys } from "./rotate-keys.ts";

type Key = Awaited<ReturnType<typeof readPublicKey>>;

export type KeyRing = {
  /** The key that signs now. */
  current(): Promise<{ kid: string; key: Key }>;
  /** The public key of this id, while tokens that it signed may be valid. */
  find(kid: string): Promise<Key | null>;
  /** What others need to check our tokens: the keys that sign, signed, or will. */
  published(): Promise<{ kid: string; publicKey: PublicKey }[]>;
};

/** A new key is published a day ahead, so a list of this age never lacks the one that signs. */
const FRESH_MS = 60_000;
/** Unknown ids make us look again, but not more often than that. */
const LOOK_AGAIN_MS = 5_000;

type Ring = { keys: readonly SigningKey[]; loadedAt: number };

/**
 * The signing keys as the database tells them, kept in this process. Only the first look waits: later ones happen beside the
 * calls, so neither signing nor checking stands still when the database does.
 */
export function createKeyRing(deps: KeyDeps): KeyRing {
  const opened = new Map<string, Promise<Key>>();
  let ring: Ring | null = null;
  let loading: Promise<Ring> | null = null;

  const load = (): Promise<Ring> =>
    (loading ??= read(deps)
      .then((keys) => (ring = { keys, loadedAt: performance.now() }))
      .finally(() => (loading = null)));
  const known = async (): Promise<Ring> => {
    if (!ring) return load();
    // A failed look leaves the keys that are known; the next call looks again.
    if (performance.now() - ring.loadedAt > FRESH_MS) load().catch(() => undefined);
    return ring;
  };
  /** Imported once; what failed is tried again. */
  const once = (name: string, open: () => Promise<Key>): Promise<Key> => {
    const found = opened.get(name);
    if (found) return found;
    const made = open();
    opened.set(name, made);
    made.catch(() => opened.delete(name));
    return made;
  };
  const alive = ({ keys }: Ring) => {
    const now = deps.clock.now();
    return keys.filter((_, at) => !isOver(keys[at + 1]?.activeFrom, now));
  };
  return {
    async current() {
      const now = deps.clock.now();
      const key = (await known()).keys.findLast(({ activeFrom }) => activeFrom <= now);
      if (!key) throw new Error("no key signs yet");
      const open = async () =>
        readPrivateKey(key.publicKey, deps.sealer.open(key.privateKeySealed, placeOf(key.id)));
      return { kid: key.id, key: await once(`private ${key.id}`, open) };
    },
    async find(kid) {
      let key = alive(await known()).find(({ id }) => id === kid);
      if (!key && ring && performance.now() - ring.loadedAt > LOOK_AGAIN_MS)
        key = alive(await load()).find(({ id }) => id === kid);
      return key ? once(key.id, () => readPublicKey(key.publicKey)) : null;
    },
    published: async () => alive(await known()).map(({ id, publicKey }) => ({ kid: id, publicKey })),
  };
}

/** All keys; an installation without one gets its first. */
async function read(deps: KeyDeps): Promise<SigningKey[]> {
  const list = () => withSystemTx(deps.db, listSigningKeys);
  const keys = await list();
  if (keys.length > 0) return keys;
  await rotateKeys(deps);
  return list();
}
