import type { AuditEntry } from "../../api/types.ts";
import { formatExact, humanize } from "../../lib/format.ts";
import { Id } from "../../ui/amounts.tsx";
import { Drawer } from "../../ui/dialog.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";

/** One entry, with all that it says. */
export function EntryDrawer({ entry, onClose }: { entry: AuditEntry; onClose(): void }) {
  const details = Object.entries(entry.detail);
  const personal = Object.entries(entry.personal);
  return (
    <Drawer
      open
      onOpenChange={onClose}
      title={<span className="font-mono text-sm">{entry.action}</span>}
      subtitle={<Id id={entry.id} full />}
    >
      <Part title="Entry">
        <Facts>
          <Fact name="When">{formatExact(entry.created_at)}</Fact>
          <Fact name="Who">
            {entry.actor_id === "system" ? "Holdfast itself" : <Id id={entry.actor_id} full />}
          </Fact>
          <Fact name="What was changed">{entry.target_id ? <Id id={entry.target_id} full /> : "–"}</Fact>
          <Fact name="Trail of">
            <Id id={entry.org_id} full />
          </Fact>
          <Fact name="Place in the chain">
            {entry.seq === null ? "Waits to be sealed" : <span className="num">{entry.seq}</span>}
          </Fact>
        </Facts>
      </Part>
      {details.length > 0 && (
        <Part title="Detail">
          <Facts>
            {details.map(([name, value]) => (
              <Fact key={name} name={humanize(name)}>
                {typeof value === "string" ? value : JSON.stringify(value)}
              </Fact>
            ))}
          </Facts>
        </Part>
      )}
      {personal.length > 0 && (
        <Part title="Personal">
          <Facts>
            {personal.map(([name, value]) => (
              <Fact key={name} name={humanize(name)}>
                {value ?? <span className="text-text-3">Erased with the person</span>}
              </Fact>
            ))}
          </Facts>
        </Part>
      )}
    </Drawer>
  );
}
