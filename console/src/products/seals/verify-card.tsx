import { useMutation } from "@tanstack/react-query";
import { Check, ShieldCheck, X } from "lucide-react";
import type { FormEvent } from "react";
import { books } from "../../api/books.ts";
import { messageOf } from "../../api/problem.ts";
import type { SealVerification } from "../../api/types.ts";
import { formatInteger } from "../../lib/format.ts";
import { Id, Time } from "../../ui/amounts.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { cx } from "../../ui/class-names.ts";
import { Fact, Facts } from "../../ui/facts.tsx";
import { TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";

const DAY_MS = 86_400_000;
type Range = { from?: string; to?: string };

/** Computes the seals again from the books; what was changed since is named to the entry. */
export function VerifyCard() {
  const verify = useMutation({ mutationFn: (range: Range) => books.verifySeals(range) });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    verify.mutate(readRange(new FormData(event.currentTarget)));
  };
  return (
    <Card>
      <CardHead title="Was anything changed?" note="Every entry is hashed anew and set against its seal" />
      <form
        onSubmit={submit}
        aria-label="Verify the seals"
        className="flex flex-wrap items-end gap-3 border-b border-line p-4"
      >
        <TextField label="From day" name="from" type="date" className="min-w-36 flex-1 sm:max-w-44" />
        <TextField label="To day" name="to" type="date" className="min-w-36 flex-1 sm:max-w-44" />
        <Button
          type="submit"
          variant="primary"
          icon={<ShieldCheck className="size-4" />}
          busy={verify.isPending}
        >
          Verify
        </Button>
        <p className="w-full text-xs text-text-3">Without days: the whole chain.</p>
      </form>
      <div aria-live="polite">
        {verify.isPending && <Working />}
        {verify.error && (
          <div className="p-4">
            <Notice tone="bad" title={messageOf(verify.error)} />
          </div>
        )}
        {verify.data && !verify.isPending && <Verdict key={verify.submittedAt} found={verify.data} />}
      </div>
    </Card>
  );
}

function readRange(form: FormData): Range {
  const [from, to] = [String(form.get("from")), String(form.get("to"))];
  return {
    ...(from && { from: `${from}T00:00:00Z` }),
    ...(to && { to: new Date(Date.parse(`${to}T00:00:00Z`) + DAY_MS).toISOString() }),
  };
}

function Working() {
  return (
    <div className="px-4 py-5">
      <p className="pb-2 text-sm text-text-2">Hashing every entry…</p>
      <div className="relative h-1.5 overflow-hidden rounded-full bg-sunken">
        <progress aria-label="Verifying the seals" className="sr-only" />
        <div aria-hidden className="h-full w-1/3 animate-sweep rounded-full bg-accent" />
      </div>
    </div>
  );
}

function Verdict({ found }: { found: SealVerification }) {
  const { ok, first_broken: broken } = found;
  const nothing = ok && found.seals === 0;
  return (
    <div className="p-4">
      <div className="flex items-center gap-3">
        <span
          aria-hidden
          className={cx(
            "flex size-10 shrink-0 animate-pop items-center justify-center rounded-full",
            nothing ? "bg-sunken text-text-3" : ok ? "bg-ok-soft text-ok" : "bg-bad-soft text-bad",
          )}
        >
          {ok ? <Check className="size-5" strokeWidth={2.5} /> : <X className="size-5" strokeWidth={2.5} />}
        </span>
        <div className="min-w-0">
          <p className="text-base font-semibold">
            {nothing ? "No seal covers this time" : ok ? "All whole" : "The books were changed"}
          </p>
          <p className="num text-xs text-text-3">
            {counted(found.seals, "seal", "seals")},{" "}
            {counted(found.transactions, "transaction", "transactions")},{" "}
            {counted(found.entries, "entry", "entries")}, <Time at={found.checked_at} />
          </p>
        </div>
      </div>
      {broken && <Broken broken={broken} />}
    </div>
  );
}

const counted = (count: number, one: string, many: string): string =>
  `${formatInteger(count)} ${count === 1 ? one : many}`;

const PLACES = {
  seal: "The seal itself",
  transaction: "A transaction",
  entry: "An entry",
} as const;

function Broken({ broken }: { broken: NonNullable<SealVerification["first_broken"]> }) {
  return (
    <div className="mt-4 rounded-lg border border-bad/40">
      <p className="px-5 pt-3 text-xs font-semibold tracking-wide text-bad uppercase">First that is broken</p>
      <Facts>
        <Fact name="What">
          {PLACES[broken.what]}: {broken.detail}
        </Fact>
        <Fact name="Seal">number {formatInteger(broken.seal)}</Fact>
        {broken.org_id && (
          <Fact name="Organization">
            <Id id={broken.org_id} />
          </Fact>
        )}
        {broken.transaction_id && (
          <Fact name="Transaction">
            <Id id={broken.transaction_id} />
          </Fact>
        )}
        {broken.position !== null && (
          <Fact name="Entry">number {formatInteger(broken.position + 1)} of the transaction</Fact>
        )}
      </Facts>
    </div>
  );
}
