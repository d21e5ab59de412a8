import type { Factor } from "../../identity/index.ts";

/** What an organization asks of those who work in it. */
export type Policy = {
  mfaRequired: boolean;
  /** Second factors that count. */
  methods: readonly Factor[];
  /** Minutes without a call after which its sessions end; null: the installation's. */
  idleMinutes: number | null;
  /** Networks that people and keys may come from; empty: any. */
  ipAllow: readonly string[];
};

export const NO_POLICY: Policy = {
  mfaRequired: false,
  methods: ["totp", "passkey"],
  idleMinutes: null,
  ipAllow: [],
};
