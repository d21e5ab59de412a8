import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Paths that belong to the API: an unknown one there is a problem, not the console. */
const API = /^\/(api|v1|webhooks|checkout|health|ready|metrics|\.well-known)(\/|$)/;

export type Pages = { isPage(request: FastifyRequest): boolean; send(reply: FastifyReply): void };

/** Serves the built console: hashed assets for ever, its page for every other path that a browser asks for. */
export async function servePages(app: FastifyInstance, dir: string): Promise<Pages> {
  const page = await readFile(join(dir, "index.html"), "utf8");
  await app.register(fastifyStatic, {
    root: dir,
    wildcard: false,
    index: false,
    globIgnore: ["**/index.html"],
    schemaHide: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const hashed = path.includes("/assets/");
      reply.header("cache-control", hashed ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
  return {
    isPage: ({ method, headers, url }) =>
      method === "GET" &&
      !API.test(url.split("?", 1)[0] ?? "") &&
      (headers.accept ?? "").includes("text/html"),
    send: (reply) =>
      void reply
        .code(200)
        .headers({ "content-security-policy": CSP, "cache-control": "no-cache" })
        .type("text/html; charset=utf-8")
        .serializer(String)
        .send(page),
  };
}
