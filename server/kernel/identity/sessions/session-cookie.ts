import type { IdentityConfig } from "../config.ts";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Browsers keep `__Host-` cookies on https only, so a local run without it goes by a plain name. */
export function isPlain(config: Pick<IdentityConfig, "BASE_URL" | "NODE_ENV">): boolean {
  const { protocol, hostname } = new URL(config.BASE_URL);
  return config.NODE_ENV !== "production" && protocol === "http:" && LOOPBACK.has(hostname);
}

export type SessionCookie = {
  readonly name: string;
  /** The `Set-Cookie` line that hands the secret to the browser. */
  set(secret: string): string;
  /** The `Set-Cookie` line that takes it away. */
  clear(): string;
  /** The secret that a request carries; null without one. */
  read(header: string | string[] | undefined): string | null;
};

export function sessionCookie(
  config: Pick<IdentityConfig, "BASE_URL" | "NODE_ENV" | "SESSION_HOURS">,
): SessionCookie {
  const plain = isPlain(config);
  const name = plain ? "hf_session" : "__Host-hf_session";
  const rest = `; Path=/; HttpOnly; SameSite=Lax${plain ? "" : "; Secure"}`;
  const start = `${name}=`;
  return {
    name,
    set: (secret) => `${name}=${secret}; Max-Age=${config.SESSION_HOURS * 3600}${rest}`,
    clear: () => `${name}=; Max-Age=0${rest}`,
    read(header) {
      if (typeof header !== "string") return null;
      const part = header.split(";").find((pair) => pair.trimStart().startsWith(start));
      return part?.trim().slice(start.length) || null;
    },
  };
}
