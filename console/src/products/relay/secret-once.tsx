import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { Notice } from "../../ui/states.tsx";

/** A signing secret, the one time that it is seen. */
export function SecretOnce({ secret, onDone }: { secret: string; onDone(): void }) {
  return (
    <div className="flex flex-col gap-4">
      <Notice tone="ok" title="Copy it now">
        It will not be shown again. Verify each delivery with it, as Standard Webhooks tells.
      </Notice>
      <CodeBlock label="Signing secret" code={secret} />
      <Button variant="primary" onClick={onDone}>
        Done
      </Button>
    </div>
  );
}
