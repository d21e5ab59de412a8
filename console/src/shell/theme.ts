import { useSyncExternalStore } from "react";

export type ThemeChoice = "system" | "light" | "dark";
const KEY = "holdfast.theme";
/** `public/theme.js` hears it and repaints. */
const EVENT = "holdfast:theme";

const read = (): ThemeChoice => {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
};

export function chooseTheme(choice: ThemeChoice): void {
  if (choice === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, choice);
  dispatchEvent(new Event(EVENT));
}

export const useThemeChoice = (): ThemeChoice =>
  useSyncExternalStore((reader) => {
    addEventListener(EVENT, reader);
    return () => removeEventListener(EVENT, reader);
  }, read);
