import { CircleCheck, Unplug } from "lucide-react";
import type { ReactNode } from "react";

/** The question is answered, or over: nothing is left to do here. */
export function Done({ title, over, children }: { title: string; over?: boolean; children: ReactNode }) {
  const Icon = over ? Unplug : CircleCheck;
  return (
    <output className="flex flex-col items-center px-6 py-10 text-center">
      <span
        aria-hidden
        className="mb-3 flex size-10 items-center justify-center rounded-full bg-sunken text-text-3"
      >
        <Icon className="size-5" />
      </span>
      <h1 className="text-sm font-medium">{title}</h1>
      <p className="mt-1 max-w-sm text-sm text-text-2">{children}</p>
    </output>
  );
}
