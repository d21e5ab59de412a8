import { withSystemTx } from "../../../platform/db/index.ts";
import { hashToken } from "../../../platform/crypto/index.ts";
import type { Mail } from "../../mail/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { issueToken } from "../mailed/token.ts";
import { addressTaken } from "../people/store.ts";
import { REGISTRATION_MAIL } from "./register.ts";
import { findPending, findPendingOf } from "./store.ts";

const RESEND_MAIL = "identity.registration_again";

/** Once more the mail for whoever waits with this address: for this browser's registration, else for the last one. */
export async function resendRegistration(
  { db, mail }: IdentityDeps,
  email: string,
  browser: string | null,
): Promise<void> {
  const ref = browser === null ? {} : { browser_hash: hashToken(browser).toString("hex") };
  await withSystemTx(db, (tx) => mail.send(tx, { kind: RESEND_MAIL, to: email, ref }));
}

export function registrationMails(mail: Pick<Mail, "define">): void {
  mail.define<{ registration_id: string }>({
    kind: REGISTRATION_MAIL,
    async compose(tx, { registration_id: id }, letter) {
      const pending = await findPending(tx, id, letter.now);
      if (await addressTaken(tx, letter.to, letter.now)) return takenLetter(letter);
      return pending && registrationLetter(tx, pending.id, pending.fullName, letter);
    },
  });
  mail.define<{ browser_hash?: string }>({
    kind: RESEND_MAIL,
    async compose(tx, { browser_hash: mark }, letter) {
      const browser = mark === undefined ? null : Buffer.from(mark, "hex");
      const pending = await findPendingOf(tx, letter.to, browser, letter.now);
      return pending && registrationLetter(tx, pending.id, pending.fullName, letter);
    },
  });
}

type Letter = Parameters<Parameters<Mail["define"]>[0]["compose"]>[2];
type Tx = Parameters<Parameters<Mail["define"]>[0]["compose"]>[0];

async function registrationLetter(tx: Tx, id: string, fullName: string, letter: Letter) {
  const token = letter.token();
  await issueToken(tx, { purpose: "verify", userId: null, subjectId: id }, token, letter.now);
  return {
    subject: "Confirm your address",
    blocks: [
      { text: `Hello ${fullName},` },
      { text: "confirm that this address is yours, and your account is ready." },
      { button: "Confirm my address", url: `${letter.link("/verify-email")}#token=${token}` },
      {
        note: "The link works once, for 24 hours. If you did not register, ignore this mail: nothing happens.",
      },
    ],
  };
}

/** Only the owner of the address reads that it has an account. */
const takenLetter = (letter: Letter) => ({
  subject: "You have an account already",
  blocks: [
    {
      text: "Somebody, maybe you, tried to register with this address. It has an account, so none was made.",
    },
    { button: "Sign in", url: letter.link("/sign-in") },
    {
      note: "Forgotten the password? Choose a new one from the sign-in page. If it was not you, do nothing.",
    },
  ],
});
