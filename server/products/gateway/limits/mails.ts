import type { Mail } from "../../../kernel/mail/index.ts";
import { findAnyKey, findOrganizationName } from "../../../kernel/tenancy/index.ts";
import { findUsers } from "../../../kernel/identity/index.ts";
import type { Tx } from "../../../platform/db/index.ts";
import { isId, type OrgId } from "../../../platform/ids.ts";
import { formatScaled } from "../../../platform/money.ts";
import type { Period, SubjectType } from "./bound.ts";
import { findWindow } from "./warn-store.ts";

export const BUDGET_MAIL = "gateway.budget_warned";

const MICRO_DIGITS = 6;
const credits = (micros: bigint): string => formatScaled(micros, MICRO_DIGITS);
type Ref = { subject_id: string; period: string; mode: string; starts_at: string; percent: string };

/** What owners are told of budgets. */
export function limitMails(mail: Pick<Mail, "define">): void {
  mail.define<Ref>({
    kind: BUDGET_MAIL,
    async compose(tx, { percent, ...ref }, letter) {
      const { org } = tx;
      if (!org) return null;
      const period = ref.period as Period;
      const row = await findWindow(tx, org, { ...ref, period, mode: ref.mode as "test" | "live" });
      const name = row && (await nameOf(tx, org, row.subject_type, ref.subject_id));
      if (!row || !name) return null;
      const whole = percent === "100";
      return {
        subject: whole ? `The budget of ${name} is used up` : `${percent} % of the budget of ${name} is used`,
        blocks: [
          {
            text: whole
              ? `Calls that would go beyond it are refused until the next UTC ${period}.`
              : `When it is used up, calls are refused until the next UTC ${period}.`,
          },
          {
            facts: [
              ["Spent", `${credits(row.spent_micros)} credits`],
              [period === "day" ? "Budget a day" : "Budget a month", `${credits(row.limit_micros)} credits`],
            ],
          },
          { button: "See the limits", url: letter.link("/call-limits") },
        ],
      };
    },
  });
}

/** As people know it; null for one that is gone. */
async function nameOf(tx: Tx, org: OrgId, type: SubjectType, id: string): Promise<string | null> {
  if (type === "org") return findOrganizationName(tx, org);
  if (type === "key") {
    const key = await findAnyKey(tx, org, id);
    return key && `the key ${key.name}`;
  }
  if (!isId("usr", id)) return null;
  const [person] = await findUsers(tx, [id]);
  return person?.fullName ?? null;
}
