import { z } from "zod";
import { txtName, txtValue, type Connection } from "./connection.ts";

const DOMAIN = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

export const connectionInput = z.strictObject({
  issuer: z.url().max(2_048),
  client_id: z.string().min(1).max(500),
  client_secret: z
    .string()
    .min(1)
    .max(2_000)
    .optional()
    .meta({ description: "Left out, the one that is there stays; it is never told" }),
  domain: z.string().toLowerCase().regex(DOMAIN, "must be a domain like example.com"),
  required: z.boolean().meta({ description: "Members below the owners get in through the issuer only" }),
});

export const connectionAnswer = z
  .object({
    issuer: z.string(),
    client_id: z.string(),
    domain: z.string(),
    domain_proven: z.boolean(),
    txt_name: z.string().meta({ description: "Where the TXT record belongs that proves the domain" }),
    txt_value: z.string().meta({ description: "What it must hold" }),
    required: z.boolean(),
    callback_url: z.string().meta({ description: "To be registered with the issuer" }),
  })
  .meta({ id: "SsoConnection" });

export const presentConnection = (
  { issuer, clientId, domain, proof, provenAt, required }: Connection,
  baseUrl: string,
): z.output<typeof connectionAnswer> => ({
  issuer,
  client_id: clientId,
  domain,
  domain_proven: provenAt !== null,
  txt_name: txtName(domain),
  txt_value: txtValue(proof),
  required,
  callback_url: `${new URL(baseUrl).origin}/api/auth/sso/callback`,
});
