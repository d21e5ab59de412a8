import { knownByOrg, type Known, type KnownDeps } from "../known.ts";
import type { OwnKey } from "./own-key.ts";
import { listOwnKeys } from "./store.ts";

/** The organizations' keys at providers. */
export type OwnKeys = Known<readonly OwnKey[]>;

export const createOwnKeys = (deps: KnownDeps): OwnKeys =>
  knownByOrg<readonly OwnKey[]>(deps, "llm.own_keys", listOwnKeys);
