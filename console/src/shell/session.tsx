import { useQuery } from "@tanstack/react-query";
import { queries } from "../api/queries.ts";
import type { Me } from "../api/types.ts";

/** The signed-in person; the shell has loaded it before any screen inside is shown. */
export function useMe(): Me {
  const { data } = useQuery(queries.me());
  if (!data) throw new Error("A screen was shown before the session was known.");
  return data;
}

const RANK = { viewer: 1, agent: 2, admin: 3, owner: 4 } as const;
export const atLeast = (me: Me, role: Me["role"]): boolean => RANK[me.role] >= RANK[role];
