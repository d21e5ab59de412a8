import { setTimeout as delay } from "node:timers/promises";
import { hmac } from "../../platform/crypto/index.ts";
import { withSystemTx, withTx } from "../../platform/db/index.ts";
import { newId } from "../../platform/ids.ts";
import { MailFault } from "../../vendors/mail/index.ts";
import type { MailDeps } from "./deps.ts";
import { renderMail } from "./layout.ts";
import { linkTo, type Composed, type Letter, type MailKind } from "./letter.ts";
import { afterFault, whenAway } from "./retry.ts";
import type { Signals } from "./signals.ts";
import { claimMails, finishMail, releaseMail, renewMails, type Claimed, type Outcome } from "./store.ts";

/** Mails on their way to the company at one time, over all processes. */
const AT_ONCE = 10;
/** All that one attempt may take. */
const ATTEMPT_MS = 60_000;
/** A lease is renewed three times before it lapses, so a killed process delays its mails for 30 s at most. */
const LEASE_MS = 30_000;
const RENEW_MS = 10_000;
/** While mails are on their way, how often more are looked for. */
const LOOK_MS = 250;

type Work = {
  deps: MailDeps;
  kinds: ReadonlyMap<string, MailKind>;
  signals: Signals;
};
type Attempt = Work & { claim: string; stopping: AbortSignal };

/** Hands over what is due until nothing is under way, a slow mail holding up no other. */
export async function deliverMails(work: Work, stopping: AbortSignal): Promise<void> {
  const { db, clock, logger, perSecond } = work.deps;
  const claim = newId("run");
  const attempt = { ...work, claim, stopping };
  const underWay = new Set<Promise<void>>();
  const renewal = setInterval(() => {
    withSystemTx(db, (tx) => renewMails(tx, claim, LEASE_MS)).catch((err: unknown) =>
      logger.warn({ err }, "lease not renewed"),
    );
  }, RENEW_MS);
  const limits = { perSecond, atOnce: AT_ONCE, leaseMs: LEASE_MS };
  try {
    do {
      const mails = await withSystemTx(db, (tx) =>
        claimMails(tx, { id: claim, now: clock.now(), ...limits }),
      );
      for (const mail of mails) {
        const under = deliverOne(attempt, mail).finally(() => underWay.delete(under));
        underWay.add(under);
      }
      if (underWay.size > 0) await Promise.race([Promise.all(underWay), delay(LOOK_MS)]);
    } while (underWay.size > 0 && !stopping.aborted);
  } finally {
    await Promise.allSettled(underWay);
    clearInterval(renewal);
  }
}

async function deliverOne(attempt: Attempt, mail: Claimed): Promise<void> {
  const { deps, claim, stopping, signals } = attempt;
  const outcome = await tryOne(attempt, mail);
  if (stopping.aborted && outcome.state === "waiting") {
    await withSystemTx(deps.db, (tx) => releaseMail(tx, claim, mail.id));
    return;
  }
  const now = deps.clock.now();
  const ours = await withSystemTx(deps.db, (tx) => finishMail(tx, claim, mail.id, outcome, now));
  if (!ours) return;
  const { state, errorCode } = outcome;
  signals.total.inc({ kind: mail.kind, outcome: state === "waiting" ? "retried" : state });
  if (state === "sent") signals.seconds.observe((now.getTime() - mail.createdAt.getTime()) / 1000);
  if (state === "failed")
    deps.logger.error({ mail_id: mail.id, kind: mail.kind, code: errorCode }, "mail failed");
}

const ended = (
  state: "sent" | "unwanted" | "failed",
  more: { companyId?: string | null; errorCode?: string } = {},
): Outcome => ({
  state,
  nextAttemptAt: null,
  companyId: more.companyId ?? null,
  errorCode: more.errorCode ?? null,
});

/** Again at `at`, or never when there is no such time. */
const again = (at: Date | null, errorCode: string): Outcome =>
  at ? { state: "waiting", nextAttemptAt: at, companyId: null, errorCode } : ended("failed", { errorCode });

async function tryOne(attempt: Attempt, mail: Claimed): Promise<Outcome> {
  const { deps, kinds, stopping } = attempt;
  const { clock, company, logger } = deps;
  const kind = kinds.get(mail.kind);
  // A process of the release before does not know it; one of the next will.
  if (!kind) return again(whenAway(mail, clock.now(), Math.random()), "unknown_kind");
  let composed: Composed | null;
  try {
    composed = await compose(deps, kind, mail);
  } catch (err) {
    logger.warn({ err, mail_id: mail.id, kind: mail.kind }, "mail not composed");
    return again(afterFault(mail.attempts, clock.now(), Math.random()), "not_composed");
  }
  if (!composed) return ended("unwanted");
  const { id, address: to } = mail;
  const outgoing = { id, to, from: deps.from, ...renderMail(composed, new URL(deps.baseUrl).host) };
  try {
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(ATTEMPT_MS)]);
    return ended("sent", { companyId: await company.send(outgoing, signal) });
  } catch (error) {
    if (!(error instanceof MailFault)) throw error;
    if (error.kind === "refused") return ended("failed", { errorCode: error.code });
    return again(whenAway(mail, clock.now(), Math.random(), error.retryAfterMs), error.code);
  }
}

function compose(deps: MailDeps, kind: MailKind, mail: Claimed): Promise<Composed | null> {
  const letter: Letter = {
    id: mail.id,
    to: mail.address,
    now: deps.clock.now(),
    token: () => hmac(deps.tokenSecret, `mail:${mail.id}`).toString("base64url"),
    link: (path, values) => linkTo(deps.baseUrl, path, values),
  };
  return mail.orgId
    ? withTx(deps.db, mail.orgId, (tx) => kind.compose(tx, mail.ref, letter))
    : withSystemTx(deps.db, (tx) => kind.compose(tx, mail.ref, letter));
}
