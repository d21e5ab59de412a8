export function Logo() {
  return (
    <span className="flex items-center gap-2">
      <svg viewBox="0 0 32 32" aria-hidden className="size-6">
        <rect width="32" height="32" rx="8" className="fill-accent" />
        <path
          d="M16 6v15M10 11h12M7 17c0 6 4 9 9 9s9-3 9-9"
          fill="none"
          strokeWidth="2.6"
          strokeLinecap="round"
          strokeLinejoin="round"
          className="stroke-on-accent"
        />
      </svg>
      <span className="text-base font-semibold tracking-tight">Holdfast</span>
    </span>
  );
}
