import { randomInt } from "node:crypto";

export const SLUG_SHAPE = /^[a-z0-9-]{3,63}$/;

/** Words that addresses of ours begin with, or that would pass for us. */
const RESERVED = new Set(
  `about abuse access account accounts admin administrator api app apps assets audit auth billing blog callback cdn
   console contact credits dashboard default demo dev device docs download email events export favicon feedback files
   forgot health help holdfast home imprint inbox internal invitation invitations invite jobs keys ledger legal live
   localhost login logout mail me media metrics models new news null oauth official open operator org organization
   organizations owner owners payments personal playground policy postmaster press pricing privacy public ready realtime
   register reset root sandbox security session sessions settings shop sign-in sign-out sign-up signin signup sso staff
   static status stream support system team teams terms test token tokens undefined usage user users v1 v2 verify webhook
   webhooks well-known www`.split(/\s+/),
);

export const isReserved = (slug: string): boolean => RESERVED.has(slug);

const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
const TAIL = 6;
const MOST_OF_NAME = 40;

/** For an organization whose maker chose none: what can be read of the name, and six letters by chance. */
export function slugFor(name: string): string {
  const plain = name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-");
  const readable = plain.slice(0, MOST_OF_NAME).replaceAll(/^-+|-+$/g, "");
  const tail = Array.from({ length: TAIL }, () => LETTERS[randomInt(LETTERS.length)]).join("");
  return `${readable || "org"}-${tail}`;
}
