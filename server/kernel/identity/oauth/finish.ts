import { hashToken } from "../../../platform/crypto/index.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import { identityProblems } from "../problems.ts";
import type { SignedIn } from "../sessions/complete-sign-in.ts";
import type { Origin } from "../sessions/open-session.ts";
import type { OpenedSession } from "../sessions/session.ts";
import { enter, vouchedAddress } from "./enter.ts";
import { noteFault } from "./fault.ts";
import { isFlowSecret, visitOf, withQuery } from "./flow.ts";
import { link } from "./link.ts";
import type { Company, Outcome, Vouched } from "./provider.ts";
import { callbackUrl, placeOf } from "./start.ts";
import { spendState } from "./store.ts";

/** Where the browser goes next, and whom it is signed in as from there on. */
export type Landing = { path: string; opened: OpenedSession | null; outcome: string };

export type Return = {
  label: Company["label"];
  /** Keys that this way back is for: one, or `sso:%`. */
  keys: string;
  find(key: string): Promise<Company | null>;
  /** The query with which the browser came back. */
  answer: URLSearchParams;
  /** The browser's secret; null when it does not carry one. */
  browser: string | null;
  /** Who is signed in in this browser. */
  actor: Actor | null;
  origin: Origin;
};

const SIGN_IN = "/sign-in";
/** Where a person says yes to an account that was just proven, once they have signed in the old way. */
const CONNECT = "/sign-in/connect";
/** Where accounts are connected. */
const ACCOUNTS = "/security";

/**
 * Ends a visit to another company. The state is spent before the code is sent, so that a code is sent once however often the
 * browser comes back. Whatever goes wrong leads to a page that says so; nothing is made or connected then.
 */
export async function finishVisit(deps: IdentityDeps, back: Return): Promise<Landing> {
  const provider = back.label;
  let from = { userId: null as UserId | null, returnTo: "/" };
  try {
    const state = back.answer.get("state");
    if (!isFlowSecret(state) || back.browser === null) throw new Problem(identityProblems.sign_in_expired);
    const { browser } = back;
    const stateHash = hashToken(state);
    const set = await withSystemTx(deps.db, (tx) =>
      spendState(tx, {
        stateHash,
        browserHash: hashToken(browser),
        keys: back.keys,
        now: deps.clock.now(),
      }),
    );
    if (!set) throw new Problem(identityProblems.sign_in_expired);
    from = set;
    const company = await back.find(set.provider);
    if (!company) throw new Problem(identityProblems.sign_in_expired);
    const visit = visitOf(browser, state, callbackUrl(deps.config.BASE_URL, company));
    const person = personIn(await company.signIn.finish({ ...visit, answer: back.answer }));
    if (set.userId !== null) return await connect(deps, back, company, set.userId, person, set.returnTo);
    const invitation = set.invitation && deps.sealer.open(set.invitation, placeOf(stateHash)).toString();
    const entered = await enter(deps, { company, person, browser, origin: back.origin, invitation });
    if (entered.kind === "signed_in") return land(entered.signedIn, set.returnTo);
    const path = withQuery(SIGN_IN, { link: provider, next: withQuery(CONNECT, nextField(set.returnTo)) });
    return { path, opened: null, outcome: "offer" };
  } catch (error) {
    if (!(error instanceof Problem) || error.kind.status === 500) throw error;
    const { code } = error.kind;
    const page = from.userId === null ? SIGN_IN : from.returnTo === "/" ? ACCOUNTS : from.returnTo;
    const more = from.userId === null ? nextField(from.returnTo) : {};
    return { path: withQuery(page, { error: code, provider, ...more }), opened: null, outcome: code };
  }
}

function land(signedIn: SignedIn, returnTo: string): Landing {
  switch (signedIn.kind) {
    case "session":
      return { path: returnTo, opened: signedIn.opened, outcome: "signed_in" };
    case "mfa": {
      // In the fragment, which no server, proxy or log ever sees.
      const { challenge, methods } = signedIn.challenge;
      const step = new URLSearchParams({ challenge, methods: methods.join(",") });
      const path = `${withQuery(SIGN_IN, nextField(returnTo))}#${step}`;
      return { path, opened: null, outcome: "mfa" };
    }
    case "tokens":
      throw new Error("a browser is signed in by its cookie");
  }
}

const nextField = (path: string): Record<string, string> => (path === "/" ? {} : { next: path });

function personIn(outcome: Outcome): Vouched {
  switch (outcome.kind) {
    case "person":
      return outcome.person;
    case "denied":
      throw new Problem(identityProblems.sign_in_denied);
    case "refused":
      noteFault(outcome);
      throw new Problem(identityProblems.sign_in_refused, { cause: outcome.cause });
    case "unavailable":
      noteFault(outcome);
      throw new Problem(identityProblems.provider_unavailable, { cause: outcome.cause });
  }
}

/** The account joins the person who set out, if they are still who is signed in here. */
async function connect(
  deps: IdentityDeps,
  { actor }: Return,
  company: Company,
  userId: UserId,
  person: Vouched,
  returnTo: string,
): Promise<Landing> {
  if (!actor || actor.userId !== userId) throw new Problem(identityProblems.sign_in_expired);
  const email = vouchedAddress(person, company);
  if (email === null) throw new Problem(identityProblems.email_unverified);
  const provider = company.key;
  await link(deps, { userId, orgId: actor.orgId }, { provider, subject: person.subject, email });
  const path = withQuery(returnTo === "/" ? ACCOUNTS : returnTo, { linked: provider });
  return { path, opened: null, outcome: "linked" };
}
