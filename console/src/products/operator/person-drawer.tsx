import { useQuery } from "@tanstack/react-query";
import { queries } from "../../api/queries.ts";
import type { PersonDetail } from "../../api/types.ts";
import { formatExact } from "../../lib/format.ts";
import { Id, Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Drawer } from "../../ui/dialog.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";
import { Failure, Notice } from "../../ui/states.tsx";
import { Loading } from "../payments/payment-drawer.tsx";
import { PersonStatusBadge } from "./person-status.tsx";
import { PersonActs } from "./person-acts.tsx";
import { PersonOrganizations } from "./person-organizations.tsx";

/** One person, and what an operator can do about them. */
export function PersonDrawer({ id, onClose }: { id: string; onClose(): void }) {
  const { data, error, refetch } = useQuery(queries.person(id));
  return (
    <Drawer open onOpenChange={onClose} title={data?.full_name ?? "Person"} subtitle={<Id id={id} full />}>
      {data ? (
        <>
          <Body person={data} />
          <PersonActs person={data} />
        </>
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Loading />
      )}
    </Drawer>
  );
}

const FACTORS = { totp: "Authenticator app", passkey: "Passkey" };

function Body({ person }: { person: PersonDetail }) {
  return (
    <>
      {person.mfa_reset_at && (
        <div className="px-5 pt-4">
          <Notice tone="warn" title="The second step is about to be removed">
            On {formatExact(person.mfa_reset_at)}, unless the person says no by mail.
          </Notice>
        </div>
      )}
      <Part title="Account">
        <Facts>
          <Fact name="E-mail">{person.email}</Fact>
          <Fact name="Status">
            <PersonStatusBadge status={person.status} />
          </Fact>
          {person.disabled_reason && <Fact name="Reason">{person.disabled_reason}</Fact>}
          <Fact name="Operator">{person.operator ? <Badge tone="accent">Operator</Badge> : "No"}</Fact>
          <Fact name="Second step">{person.mfa.map((name) => FACTORS[name]).join(", ") || "Not set up"}</Fact>
          <Fact name="Last seen">
            <Time at={person.last_seen_at} />
          </Fact>
          <Fact name="Since">
            <Time at={person.created_at} />
          </Fact>
        </Facts>
      </Part>
      <PersonOrganizations organizations={person.organizations} />
    </>
  );
}
