/** The token in the address of a mailed link, taken out of it so that it does not stay in the history. Empty without one. */
let taken: string | null = null;

export function mailedToken(): string {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token !== null) {
    taken = token;
    history.replaceState(history.state, "", location.pathname + location.search);
  }
  return taken ?? "";
}
