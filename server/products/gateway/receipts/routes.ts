import type { Http } from "../../../platform/http/index.ts";
import type { Gateway } from "../settling/state.ts";
import { readReceipt } from "./read.ts";
import { keysAnswer, receiptAnswer, receiptParams } from "./schemas.ts";

/** Signed receipts of model calls, and the key that they are verified with. */
export function receiptRoutes(http: Http, gateway: Gateway): void {
  http.operation({
    method: "GET",
    path: "/api/llm/receipts/key",
    id: "listReceiptKeys",
    tag: "Models",
    summary: "The public keys of receipts, by version",
    access: { least: "anyone" },
    answer: { status: 200, schema: keysAnswer },
    handle: async () => ({
      data: gateway.deps.receiptSigner.publicKeys().map((key, at) => ({
        version: at + 1,
        algorithm: "Ed25519" as const,
        public_key: key,
      })),
    }),
  });
  http.operation({
    method: "GET",
    path: "/api/llm/receipts/:request_id",
    id: "getReceipt",
    tag: "Models",
    summary: "What a call cost and why, signed: one's own; for admins everyone's",
    access: { least: "viewer", scope: "gateway.use" },
    params: receiptParams,
    answer: { status: 200, schema: receiptAnswer },
    handle: ({ actor, params }) => readReceipt(gateway, actor, params.request_id),
  });
}
