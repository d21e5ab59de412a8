import type { Recorder, Recording } from "./company.ts";

/** Exchanges kept per world. */
const MAX_RECORDINGS = 10_000;
/** Of one body; the rest is left out of the recording. */
export const MAX_RECORDED_BODY = 256 * 1024;
/** Of all bodies of a world together, in characters: recordings beyond it are dropped, oldest first. */
const MAX_RECORDED_TOTAL = 32 * 1024 * 1024;

export type RecordingFilter = {
  company?: string;
  path?: string;
  status?: number;
  since?: number;
  limit?: number;
};
export type OpenRecorder = Recorder & {
  enabled: boolean;
  list(filter: RecordingFilter): Recording[];
  find(id: number): Recording | null;
  clear(): void;
};

/** Keys, tokens and signing secrets, keeping what names their kind and world: `sk_test_default_…`. */
const SECRET =
  /\b(sk_test_[0-9a-z-]+_|re_[0-9a-z-]+_|sk-or-v1-[0-9a-z-]+-|whsec_|Basic |GOCSPX-sandbox-|sandbox-(?:github|oidc-secret)-|gho_[0-9a-z-]+_|ya29\.a0|sbx_at_|EX_sandbox_[0-9a-z-]+_|A21AA_[0-9a-z-]+_|eyJ)[A-Za-z0-9+/=_.-]{4,}/g;

export function maskSecrets(text: string): string {
  return text.replace(SECRET, "$1…");
}

/** Keeps the newest exchanges of one world in memory. Secrets are masked when read, off the hot path. */
export function openRecorder(): OpenRecorder {
  let kept: Recording[] = [];
  let start = 0;
  let nextId = 1;
  let total = 0;
  const weight = (r: Recording): number => r.request.body.length + r.response.body.length;
  const masked = (r: Recording): Recording => JSON.parse(maskSecrets(JSON.stringify(r))) as Recording;
  const drop = (): void => {
    const oldest = kept[start];
    if (oldest === undefined) return;
    total -= weight(oldest);
    start++;
    if (start >= MAX_RECORDINGS) {
      kept = kept.slice(start);
      start = 0;
    }
  };
  return {
    enabled: true,
    add(recording) {
      if (!this.enabled) return;
      const entry = { id: nextId++, ...recording };
      kept.push(entry);
      total += weight(entry);
      while (kept.length - start > MAX_RECORDINGS || (total > MAX_RECORDED_TOTAL && kept.length - start > 1))
        drop();
    },
    list({ company, path, status, since, limit = 100 }) {
      const found: Recording[] = [];
      for (let i = kept.length - 1; i >= start && found.length < limit; i--) {
        const r = kept[i];
        if (r === undefined || (since !== undefined && r.id <= since)) break;
        if (company !== undefined && r.company !== company) continue;
        if (path !== undefined && !r.path.includes(path)) continue;
        if (status !== undefined && r.status !== status) continue;
        found.push(masked(r));
      }
      return found;
    },
    find(id) {
      const r = kept.slice(start).find((candidate) => candidate.id === id);
      return r === undefined ? null : masked(r);
    },
    clear() {
      kept = [];
      start = 0;
      total = 0;
    },
  };
}

/** The request of a recording as a shell command; secrets stay masked. */
export function asCurl(recording: Recording, baseUrl: string): string {
  const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  const url = recording.direction === "in" ? baseUrl + recording.path : recording.path;
  const skipped = new Set(["host", "content-length", "connection", "accept-encoding"]);
  const headers = Object.entries(recording.request.headers)
    .filter(([name]) => !skipped.has(name))
    .map(([name, value]) => ` -H ${quote(`${name}: ${value}`)}`);
  const body = recording.request.body === "" ? "" : ` --data-raw ${quote(recording.request.body)}`;
  return `curl -X ${recording.method} ${quote(url)}${headers.join("")}${body}`;
}
