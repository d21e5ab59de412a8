import type { ReactNode } from "react";
import { toast } from "sonner";
import { messageOf } from "../../api/problem.ts";

type Act = () => Promise<void>;

/** Runs acts and tells why one failed. The proof of who one is that they may ask for, every call of the console asks by itself. */
export function useProof(): { run(act: Act): Promise<void>; dialog: ReactNode } {
  const run = async (act: Act): Promise<void> => {
    try {
      await act();
    } catch (error) {
      toast.error(messageOf(error));
    }
  };
  return { run, dialog: null };
}
