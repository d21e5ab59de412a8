import type { IdentityConfig } from "./config.ts";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Browsers keep `__Host-` cookies on https only, so a local run without it goes by a plain name. */
export function isPlain(config: Pick<IdentityConfig, "BASE_URL" | "NODE_ENV">): boolean {
  const { protocol, hostname } = new URL(config.BASE_URL);
  return config.NODE_ENV !== "production" && protocol === "http:" && LOOPBACK.has(hostname);
}

export type OwnCookie = {
  readonly name: string;
  /** The `Set-Cookie` line that hands the secret to the browser. */
  set(secret: string): string;
  /** The `Set-Cookie` line that takes it away. */
  clear(): string;
  /** The secret that a request carries; null without one. */
  read(header: string | string[] | undefined): string | null;
};

/** A cookie of ours that pages cannot read and other sites' posts do not carry, kept for so many seconds. */
export function ownCookie(
  config: Pick<IdentityConfig, "BASE_URL" | "NODE_ENV">,
  purpose: string,
  seconds: number,
): OwnCookie {
  const plain = isPlain(config);
  const name = plain ? `hf_${purpose}` : `__Host-hf_${purpose}`;
  const rest = `; Path=/; HttpOnly; SameSite=Lax${plain ? "" : "; Secure"}`;
  const start = `${name}=`;
  return {
    name,
    set: (secret) => `${name}=${secret}; Max-Age=${seconds}${rest}`,
    clear: () => `${name}=; Max-Age=0${rest}`,
    read(header) {
      if (typeof header !== "string") return null;
      const part = header.split(";").find((pair) => pair.trimStart().startsWith(start));
      return part?.trim().slice(start.length) || null;
    },
  };
}
