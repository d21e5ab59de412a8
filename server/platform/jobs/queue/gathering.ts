/** Many asks within this are told as one. */
const GATHER_MS = 50;

/** Calls `act` at once, then at most every `GATHER_MS`, the last time after the last ask. */
export function gathering(act: () => void) {
  let timer: NodeJS.Timeout | undefined;
  let asked = false;
  const go = () => {
    timer = undefined;
    if (!asked) return;
    asked = false;
    act();
    timer = setTimeout(go, GATHER_MS);
  };
  return {
    ask() {
      asked = true;
      if (!timer) go();
    },
    stop: () => clearTimeout(timer),
  };
}
