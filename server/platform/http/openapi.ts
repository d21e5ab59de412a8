import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import type { HttpOptions } from "./options.ts";
import { documentTransforms } from "./openapi-document.ts";

/** `/api/openapi.json` and the page `/api/docs`. */
export async function openapi(app: FastifyInstance, options: HttpOptions): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Holdfast",
        version: options.version,
        description:
          "Payments, credits and gated AI calls. Errors are problem+json (RFC 9457); ids are prefixed and sortable by time.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [{ url: options.baseUrl }],
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer", description: "An API key: hf_test_… or hf_live_…" },
          session: { type: "apiKey", in: "cookie", name: "hf_session" },
        },
      },
    },
    ...documentTransforms(),
  });
  await app.register(swaggerUi, {
    routePrefix: "/api/docs",
    uiConfig: { docExpansion: "list" },
    staticCSP: true,
    transformStaticCSP: (header) =>
      header.replace("style-src 'self' https:", "style-src 'self' 'unsafe-inline'"),
    theme: {
      title: "Holdfast API",
      css: [{ filename: "holdfast.css", content: ".swagger-ui .topbar { display: none }" }],
    },
  });
  app.get("/api/openapi.json", { schema: { hide: true } }, async () => app.swagger());
}
