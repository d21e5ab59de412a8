/** The people who sign in at Google, GitHub and the OpenID issuer, and what each company knows of them. */
import { hash } from "node:crypto";
import type { World } from "../core/company.ts";

export type Address = { email: string; verified: boolean; primary: boolean };
export type Person = {
  key: string;
  name: string;
  /** In the order in which the company lists them; the primary one need not come first. */
  addresses: Address[];
  /** Says no on the consent page. */
  denies: boolean;
};

/** Shown on the page, in this order. */
export const PEOPLE: readonly { key: string; name: string; note: string }[] = [
  { key: "ok", name: "Olive Kay", note: "Everything is fine" },
  { key: "unverified", name: "Uma Verity", note: "Address never verified" },
  { key: "denied", name: "Dennis Nied", note: "Says no to sharing" },
  { key: "no-email", name: "Noel Mailes", note: "Shares no address" },
  { key: "changed-email", name: "Charlie Edmail", note: "Another address from the second visit on" },
  { key: "two-emails", name: "Tova Emilsen", note: "Two addresses" },
];

const DOMAIN = "sandbox.test";
const ADDRESS = /^[^\s@<>"]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,180}[a-z0-9])?$/i;

const address = (email: string, verified = true, primary = true): Address => ({ email, verified, primary });

function addressesOf(key: string, visits: number): Address[] {
  const own = `${key}@${DOMAIN}`;
  switch (key) {
    case "unverified":
      return [address(own, false)];
    case "no-email":
      return [];
    case "changed-email":
      return [address(visits > 1 ? `changed-email.new@${DOMAIN}` : own)];
    case "two-emails":
      return [address(`two-emails.other@${DOMAIN}`, true, false), address(own)];
    default:
      return [address(own)];
  }
}

/**
 * The person picked on the page at `company`: one of `PEOPLE`, or whoever owns the address typed in; null when that is
 * none. `visits` counts this one.
 */
export function personOf(picked: string, typed: string, visits: number): Person | null {
  const known = PEOPLE.find(({ key }) => key === picked);
  if (known !== undefined) {
    const { key, name } = known;
    return { key, name, addresses: addressesOf(key, visits), denies: key === "denied" };
  }
  const email = typed.trim().toLowerCase();
  if (picked !== "other" || !ADDRESS.test(email)) return null;
  const [local = ""] = email.split("@", 1);
  const name = local.replaceAll(/[._-]+/g, " ").trim() || "Someone";
  return { key: email, name, addresses: [address(email)], denies: false };
}

/** Decimal digits that name this person at this company for ever, whatever their addresses. */
export function subjectOf(company: string, person: Pick<Person, "key">, digits: number): string {
  const number = BigInt(`0x${hash("sha256", `${company}\n${person.key}`)}`).toString();
  return `1${number.slice(-(digits - 1)).padStart(digits - 1, "0")}`;
}

/** Counts a person's visits at a company. */
export function countVisit(world: World, company: string, key: string): number {
  const sql = `insert into sign_in_visits (company, person, visits) values (?, ?, 1)
    on conflict (company, person) do update set visits = visits + 1 returning visits`;
  return Number(world.store.get(sql, company, key)?.["visits"]);
}
