/** How every call of the console goes out: proofs are asked for when they are due, and the session's end is noticed. */

/** Asks the person to prove who they are; false when they will not. */
type Prover = () => Promise<boolean>;
type EndWatcher = (secondsLeft: number) => void;

let prover: Prover | null = null;
let proving: Promise<boolean> | null = null;
let watcher: EndWatcher | null = null;

const TIMEOUT_MS = 30_000;

export function whenProofNeeded(next: Prover | null): void {
  prover = next;
}
/** Called with every answer of a session that ends within minutes. */
export function whenSessionEnds(next: EndWatcher | null): void {
  watcher = next;
}

/** Sends the request. One that needs a fresh proof is sent again once the person has given it. */
export async function send(request: Request): Promise<Response> {
  // Kept aside: a body can be sent once only.
  const again = request.clone();
  const answer = await fetch(new Request(request, { signal: AbortSignal.timeout(TIMEOUT_MS) }));
  noticeEnd(answer);
  if (!(await wantsProof(answer)) || !prover) return answer;
  // Calls that meet meanwhile wait for the same proof.
  proving ??= prover().finally(() => (proving = null));
  if (!(await proving)) return answer;
  return fetch(new Request(again, { signal: AbortSignal.timeout(TIMEOUT_MS) }));
}

async function wantsProof(answer: Response): Promise<boolean> {
  if (answer.status !== 403) return false;
  const body: unknown = await answer
    .clone()
    .json()
    .catch(() => null);
  return (body as { code?: unknown } | null)?.code === "reauth_required";
}

function noticeEnd(answer: Response): void {
  const seconds = answer.headers.get("x-session-expires-in");
  if (seconds !== null) watcher?.(Number(seconds));
}
