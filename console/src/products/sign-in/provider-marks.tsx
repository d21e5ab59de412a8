import { Building2 } from "lucide-react";

const NAMES: Record<string, string> = { google: "Google", github: "GitHub" };
export const providerName = (provider: string): string => NAMES[provider] ?? "Company sign-in";

const GOOGLE = [
  [
    "#4285f4",
    "M17.64 9.2c0-.64-.06-1.25-.16-1.84H9v3.48h4.84a4.14 4.14 0 0 1-1.8 2.72v2.26h2.92c1.7-1.57 2.68-3.88 2.68-6.62z",
  ],
  [
    "#34a853",
    "M9 18c2.43 0 4.47-.8 5.96-2.18l-2.92-2.26c-.8.54-1.84.86-3.04.86-2.34 0-4.32-1.58-5.03-3.7H.96v2.33A9 9 0 0 0 9 18z",
  ],
  [
    "#fbbc05",
    "M3.97 10.71A5.41 5.41 0 0 1 3.68 9c0-.6.1-1.17.29-1.71V4.96H.96A9 9 0 0 0 0 9c0 1.45.35 2.83.96 4.04l3.01-2.33z",
  ],
  [
    "#ea4335",
    "M9 3.58c1.32 0 2.5.45 3.44 1.35l2.58-2.58C13.46.89 11.43 0 9 0A9 9 0 0 0 .96 4.96l3.01 2.33C4.68 5.16 6.66 3.58 9 3.58z",
  ],
] as const;
const GITHUB =
  "M8 0c4.42 0 8 3.58 8 8a8.013 8.013 0 0 1-5.45 7.59c-.4.08-.55-.17-.55-.38 0-.27.01-1.13.01-2.2 0-.75-.25-1.23-.54-1.48 1.78-.2 3.65-.88 3.65-3.95 0-.88-.31-1.59-.82-2.15.08-.2.36-1.02-.08-2.12 0 0-.67-.22-2.2.82-.64-.18-1.32-.27-2-.27-.68 0-1.36.09-2 .27-1.53-1.03-2.2-.82-2.2-.82-.44 1.1-.16 1.92-.08 2.12-.51.56-.82 1.28-.82 2.15 0 3.06 1.86 3.75 3.64 3.95-.23.2-.44.55-.51 1.07-.46.21-1.61.55-2.33-.66-.15-.24-.6-.83-1.23-.82-.67.01-.27.38.01.53.34.19.73.9.82 1.13.16.45.68 1.31 2.69.94 0 .67.01 1.3.01 1.49 0 .21-.15.45-.55.38A7.995 7.995 0 0 1 0 8c0-4.42 3.58-8 8-8Z";

/** A company's mark; what it says stands beside it. */
export function ProviderMark({ provider }: { provider: string }) {
  if (provider === "google")
    return (
      <svg viewBox="0 0 18 18" className="size-4" aria-hidden>
        {GOOGLE.map(([fill, d]) => (
          <path key={fill} fill={fill} d={d} />
        ))}
      </svg>
    );
  if (provider === "github")
    return (
      <svg viewBox="0 0 16 16" className="size-4" fill="currentColor" aria-hidden>
        <path d={GITHUB} />
      </svg>
    );
  return <Building2 className="size-4" aria-hidden />;
}
