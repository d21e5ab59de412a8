import type { Mail } from "../../mail/index.ts";
import { findSessionPlace } from "../sessions/store.ts";

export const REUSE_MAIL = "identity.token_reused";

export function tokenMails(mail: Pick<Mail, "define">): void {
  mail.define<{ session_id: string }>({
    kind: REUSE_MAIL,
    async compose(tx, { session_id: id }, letter) {
      const place = await findSessionPlace(tx, id);
      if (!place) return null;
      return {
        subject: "We ended one of your sessions",
        blocks: [
          {
            text: "A token of this session was used a second time. That happens when somebody else has a copy, so everything that worked by it was ended.",
          },
          {
            facts: [
              ["Device", place.device],
              ["Address", place.ipMasked],
              ["Signed in", place.createdAt.toISOString().replace("T", " ").slice(0, 16).concat(" UTC")],
            ],
          },
          { button: "Look at my sessions", url: letter.link("/security") },
          { note: "Sign in there again if it was yours. If it was not, choose a new password as well." },
        ],
      };
    },
  });
}
