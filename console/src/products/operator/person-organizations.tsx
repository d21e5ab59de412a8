import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import type { PersonDetail } from "../../api/types.ts";
import { humanize } from "../../lib/format.ts";
import { Id } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";
import { TextArea } from "../../ui/field.tsx";

type Organization = PersonDetail["organizations"][number];

/** Where the person is a member; an operator stops an organization here, or lets it go on. */
export function PersonOrganizations({ organizations }: Pick<PersonDetail, "organizations">) {
  const [asking, setAsking] = useState<Organization | null>(null);
  return (
    <Part title="Organizations">
      <Facts>
        {organizations.map((organization) => {
          const { id, name, role, suspended } = organization;
          const act = suspended ? "Resume" : "Suspend";
          return (
            <Fact key={id} name={humanize(role)}>
              <span className="flex flex-wrap items-center gap-2">
                <span className="min-w-0 truncate">{name}</span>
                {suspended && <Badge tone="bad">Suspended</Badge>}
                <Button size="sm" aria-label={`${act} ${name}`} onClick={() => setAsking(organization)}>
                  {act}
                </Button>
              </span>
              <Id id={id} />
            </Fact>
          );
        })}
      </Facts>
      {asking && <Ask organization={asking} onClose={() => setAsking(null)} />}
    </Part>
  );
}

function Ask({ organization, onClose }: { organization: Organization; onClose(): void }) {
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const { id, name, suspended } = organization;
  const run = async () => {
    if (!suspended && reason.trim() === "") throw new Error("Say why: it stands in the audit log.");
    await (suspended ? api.resumeOrganization(id) : api.suspendOrganization(id, reason.trim()));
    toast.success(suspended ? "It goes on" : "Suspended", { description: name });
    await client.invalidateQueries({ queryKey: ["people"] });
  };
  return (
    <Confirm
      open
      danger={!suspended}
      onOpenChange={onClose}
      title={`${suspended ? "Resume" : "Suspend"} ${name}`}
      action={suspended ? "Resume" : "Suspend"}
      onConfirm={run}
    >
      <p>
        {suspended
          ? "Its people and keys may do again what they could. Its owners are told."
          : "Its people and keys may pay and export, nothing else; jobs wait, events are stored. Its owners are told."}
      </p>
      {!suspended && (
        <TextArea
          className="mt-3 text-text"
          label="Reason"
          rows={2}
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      )}
    </Confirm>
  );
}
