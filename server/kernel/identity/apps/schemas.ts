import { z } from "zod";
import { instant } from "../../../platform/http/index.ts";
import { deviceOf } from "../sessions/device.ts";
import type { Client } from "./client.ts";
import type { AuthorizationRequest } from "./code-store.ts";
import type { DeviceAnswer } from "./device.ts";
import type { WaitingDevice } from "./decide-device.ts";

// What is missing or wrong is told in RFC 6749's words, so the schemas only bound what comes in.
const text = z.string().max(2_048).optional();

export const authorizeQuery = z.strictObject({
  client_id: text,
  redirect_uri: text,
  response_type: text,
  scope: text,
  state: text,
  code_challenge: text,
  code_challenge_method: text,
});
export const requestParams = z.strictObject({ request_id: z.string().max(100) });
export const decisionInput = z.strictObject({ request_id: z.string().max(100), approve: z.boolean() });
export const grantInput = z.object({
  grant_type: text,
  client_id: text,
  code: text,
  redirect_uri: text,
  code_verifier: text,
  refresh_token: text,
  device_code: text,
});
export const revokeInput = z.object({ token: text, token_type_hint: text, client_id: text });
export const deviceInput = z.object({ client_id: text, scope: text });
const userCode = z.string().min(1).max(50);
export const userCodeInput = z.strictObject({ user_code: userCode });
export const deviceDecisionInput = z.strictObject({ user_code: userCode, approve: z.boolean() });

const app = z.object({ id: z.string(), name: z.string() });

export const requestAnswer = z
  .object({
    id: z.string(),
    client: app,
    /** Where the browser goes after the decision. */
    redirect_uri: z.string(),
    scopes: z.array(z.string()),
    expires_at: instant,
  })
  .meta({ id: "AuthorizationRequest" });
export const decisionAnswer = z.object({ redirect_to: z.string() }).meta({ id: "AuthorizationDecision" });
export const deviceCodeAnswer = z
  .object({
    device_code: z.string(),
    user_code: z.string(),
    verification_uri: z.string(),
    expires_in: z.int(),
    interval: z.int(),
  })
  .meta({ id: "DeviceCode" });
export const waitingAnswer = z
  .object({
    client: app,
    ip: z.string().meta({ description: "The address that the device asked from" }),
    device: z.string(),
    scopes: z.array(z.string()),
    expires_at: instant,
  })
  .meta({ id: "WaitingDevice" });
export const keySetAnswer = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal("OKP"),
        crv: z.literal("Ed25519"),
        x: z.string(),
        kid: z.string(),
        use: z.literal("sig"),
        alg: z.literal("EdDSA"),
      }),
    ),
  })
  .meta({ id: "KeySet" });
const texts = z.array(z.string());
export const metadataAnswer = z
  .object({
    issuer: z.string(),
    authorization_endpoint: z.string(),
    token_endpoint: z.string(),
    revocation_endpoint: z.string(),
    device_authorization_endpoint: z.string(),
    jwks_uri: z.string(),
    scopes_supported: texts,
    response_types_supported: texts,
    response_modes_supported: texts,
    grant_types_supported: texts,
    code_challenge_methods_supported: texts,
    token_endpoint_auth_methods_supported: texts,
    revocation_endpoint_auth_methods_supported: texts,
    authorization_response_iss_parameter_supported: z.boolean(),
  })
  .meta({ id: "AuthorizationServer" });

export const presentRequest = ({
  request,
  client,
}: {
  request: AuthorizationRequest;
  client: Client;
}): z.output<typeof requestAnswer> => ({
  id: request.id,
  client: { id: client.id, name: client.name },
  redirect_uri: request.redirectUri,
  scopes: [...request.scopes],
  expires_at: request.expiresAt,
});

export const presentDeviceCode = (
  { deviceCode, userCode: code, expiresIn, interval }: DeviceAnswer,
  baseUrl: string,
): z.output<typeof deviceCodeAnswer> => ({
  device_code: deviceCode,
  user_code: code,
  // Without the code in it: it is typed by hand, so that nobody is led to let in another's device by a link.
  verification_uri: `${new URL(baseUrl).origin}/device`,
  expires_in: expiresIn,
  interval,
});

export const presentWaiting = ({ waiting, client }: WaitingDevice): z.output<typeof waitingAnswer> => ({
  client: { id: client.id, name: client.name },
  ip: waiting.ip,
  device: deviceOf(waiting.userAgent),
  scopes: [...waiting.scopes],
  expires_at: waiting.expiresAt,
});
