import { z } from "zod";
import { instant } from "../../../platform/http/index.ts";
import type { OwnKey } from "./own-key.ts";

const secret = z
  .string()
  .min(8)
  .max(500)
  .regex(/^[\x21-\x7e]+$/, "must be visible ASCII");
const wish = {
  use: z.enum(["prefer", "only"]).default("prefer").meta({
    description: "only: where this provider serves the model, no other is asked by the installation's keys",
  }),
  fallback_to_platform: z
    .boolean()
    .default(false)
    .meta({ description: "When this key cannot serve, the installation's may, for credits" }),
};
export const addInput = z
  .strictObject({
    provider: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "must name a provider"),
    secret,
    ...wish,
  })
  .meta({ id: "NewProviderKey" });
export const changeInput = z
  .strictObject({ secret: secret.optional().meta({ description: "Left out: the one there is" }), ...wish })
  .meta({ id: "ProviderKeyChange" });
export const keyAnswer = z
  .object({
    id: z.string(),
    provider: z.string(),
    secret_last4: z.string(),
    use: z.enum(["prefer", "only"]),
    fallback_to_platform: z.boolean(),
    state: z
      .enum(["ok", "failing"])
      .meta({ description: "failing: refused three times in a row; not asked by until it is changed" }),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: "ProviderKey" });
export const keyList = z.object({ data: z.array(keyAnswer) }).meta({ id: "ProviderKeyList" });

export const connectAnswer = z
  .object({
    url: z
      .url()
      .meta({ description: "OpenRouter's page: it sends the browser back with `state` and `code`" }),
    expires_at: instant,
  })
  .meta({ id: "ProviderKeyConnect" });
export const connectedInput = z
  .strictObject({ state: z.string().regex(/^[0-9A-Za-z]{43}$/), code: z.string().min(1).max(500) })
  .meta({ id: "ProviderKeyConnected" });

export const present = ({ secret: _secret, refusals: _refusals, ...key }: OwnKey) => key;
