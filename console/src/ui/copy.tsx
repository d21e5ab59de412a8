import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, IconButton } from "./button.tsx";
import { cx } from "./class-names.ts";

function useCopied(text: string): [boolean, () => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [copied]);
  return [copied, () => void navigator.clipboard.writeText(text).then(() => setCopied(true))];
}

export function CopyIcon({ text, label }: { text: string; label: string }) {
  const [copied, copy] = useCopied(text);
  return (
    <IconButton label={copied ? "Copied" : label} onClick={copy} className="relative size-6">
      {copied ? <Check className="size-3.5 text-ok" /> : <Copy className="size-3.5" />}
    </IconButton>
  );
}

export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [copied, copy] = useCopied(text);
  const icon = copied ? <Check className="size-3.5 text-ok" /> : <Copy className="size-3.5" />;
  return (
    <Button size="sm" icon={icon} onClick={copy}>
      {copied ? "Copied" : label}
    </Button>
  );
}

/** Text to take away, in one piece. `wraps`: long lines are broken rather than scrolled. */
export function CodeBlock({ code, label, wraps }: { code: string; label: string; wraps?: boolean }) {
  return (
    <div className="relative min-w-0 rounded-lg border border-line bg-sunken">
      <pre
        aria-label={label}
        className={cx(
          "p-3 pr-20 font-mono text-xs leading-5 text-text",
          wraps ? "break-all whitespace-pre-wrap" : "overflow-x-auto",
        )}
      >
        {code}
      </pre>
      <div className="absolute inset-y-px right-px rounded-r-lg bg-sunken p-1.5">
        <CopyButton text={code} />
      </div>
    </div>
  );
}
