import { z } from "zod";
import { instant } from "../../../platform/http/index.ts";
import { PROVIDER_NAMES } from "./provider.ts";
import type { OAuthAccount, Offer } from "./store.ts";

export const providerName = z.enum(["google", "github"]);
export const providerParams = z.strictObject({ provider: providerName });
export const startInput = z.strictObject({
  return_to: z.string().max(2_048).optional().meta({ description: "A path of our own pages" }),
  invitation_token: z
    .string()
    .max(200)
    .optional()
    .meta({ description: "Accepted by whoever signs up under the invited address" }),
});
export const ssoInput = z.strictObject({
  email: z.email().max(254).toLowerCase().meta({ description: "Its domain tells whose issuer" }),
  return_to: z.string().max(2_048).optional(),
});
/** Companies may send along what they like; what counts is checked by whoever speaks to them. */
export const callbackInput = z.looseObject({
  state: z.string().max(200).optional(),
  code: z.string().max(4_096).optional(),
  error: z.string().max(200).optional(),
});
export const linkInput = z.strictObject({
  provider: providerName,
  return_to: z.string().max(2_048).optional(),
});
export const offerInput = z.strictObject({ id: z.string().min(1).max(64) });
export const accountParams = z.strictObject({ id: z.string().min(1).max(64) });

export const providersAnswer = z
  .object({
    providers: z.array(providerName).meta({ description: "Those that people can sign in with here" }),
    registration: z.enum(["open", "invite", "closed"]),
  })
  .meta({ id: "SignInProviders" });

const account = {
  id: z.string(),
  provider: z.string(),
  email: z.string().nullable().meta({ description: "As it was when the account was connected" }),
};
export const accountAnswer = z
  .object({ ...account, created_at: instant, last_used_at: instant })
  .meta({ id: "ConnectedAccount" });
export const accountsAnswer = z
  .object({
    data: z.array(accountAnswer),
    offers: z.array(z.object(account)).meta({
      description: "Accounts proven in this browser in the last ten minutes that wait for this person's yes",
    }),
    has_more: z.boolean(),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: "ConnectedAccounts" });
export const authorizeAnswer = z.object({ authorize_url: z.string() }).meta({ id: "AuthorizeUrl" });

export const presentAccount = (account: OAuthAccount): z.output<typeof accountAnswer> => ({
  id: account.id,
  provider: account.provider,
  email: account.email,
  created_at: account.createdAt,
  last_used_at: account.lastUsedAt,
});

export const presentAccounts = (of: {
  accounts: OAuthAccount[];
  offers: Offer[];
}): z.output<typeof accountsAnswer> => ({
  data: of.accounts.map(presentAccount),
  offers: of.offers.map(({ id, provider, email }) => ({ id, provider, email })),
  has_more: false,
  next_cursor: null,
});

export const configured = (providers: Readonly<Record<string, unknown>>) =>
  PROVIDER_NAMES.filter((name) => providers[name] !== undefined);
