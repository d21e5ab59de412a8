import { Check } from "lucide-react";

/** What a scope lets an app do, in words. */
const WORDS: Record<string, string> = {
  "gateway.use": "Call AI models and read what the calls cost",
  "credits.spend": "Spend the organization's credits",
  "ledger.read": "Read the organization's balance and movements",
  "studio.view": "See projects",
  "studio.build": "Build and change projects",
};

export function ScopeList({ scopes }: { scopes: readonly string[] }) {
  return (
    <ul className="flex flex-col gap-1.5" aria-label="What it may do">
      {scopes.map((scope) => (
        <li key={scope} className="flex items-start gap-2 text-sm">
          <Check className="mt-0.75 size-3.5 shrink-0 text-ok" aria-hidden />
          {WORDS[scope] ?? scope}
        </li>
      ))}
    </ul>
  );
}
