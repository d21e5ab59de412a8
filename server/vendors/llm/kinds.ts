/** What is different from one company to the next. Pure. */
import { readActivity, type DayBooks } from "./activity.ts";
import type { ConnectWay } from "./connect.ts";
import { MESSAGES_FIELDS, OPENAI_FIELDS } from "./fields.ts";
import { readCompletionRequest, readGeneration, type Usage } from "./usage.ts";

export const PROVIDER_KINDS = [
  "openrouter",
  "glama",
  "requesty",
  "openai",
  "anthropic",
  "compatible",
] as const;
export type ProviderKind = (typeof PROVIDER_KINDS)[number];

export type Kind = {
  /** Where it lives; null: wherever the operator says. */
  officialUrl: string | null;
  /** How it is spoken to: OpenAI's chats, or Anthropic's Messages, which are translated. */
  dialect: "chat" | "messages";
  /** The outermost fields of a chat that it takes; null: more than is known here, so that all of them go there. */
  takes: ReadonlySet<string> | null;
  /** The headers that carry a key. */
  credential(apiKey: string): Readonly<Record<string, string>>;
  /** Below its base URL. */
  chatPath: string;
  /** Null where it makes no embeddings. */
  embeddingsPath: string | null;
  /** Null where it writes down no sound. */
  transcriptionsPath: string | null;
  /** Where it counts the tokens of a prompt without answering it; null where it does not. */
  countPath: string | null;
  modelsPath: string;
  /** What is answered to a good key alone. */
  checkPath: string;
  /** The header that names a generation for a look-up. */
  generationHeader: string;
  /** How its books are asked about one generation; null where it has none to ask. */
  lookup: { path(id: string): string; read(body: unknown): Usage | null } | null;
  /** How its books of a UTC day are asked, of the calls by one key; null where it has none to ask. */
  day: { path(day: string, keyHash: string): string; read(body: unknown): DayBooks | null } | null;
  /** Where it says what is left to spend: of the key's own limit, and of the account; null where it does not. */
  credit: { keyPath: string; accountPath: string } | null;
  /** Pauses before each look-up while somebody waits for the end of a whole answer, in ms. */
  lookupPauses: readonly number[];
  /** How somebody fetches a key there by browser; null where nobody can. */
  connect: ConnectWay | null;
  /** What becomes of a call whose caller left: cut where the company then stops billing, else read to its end. */
  onDisconnect: "abort" | "drain";
};

const bearer = (apiKey: string) => ({ authorization: `Bearer ${apiKey}` });

const OPENAI_SHAPED = {
  dialect: "chat",
  takes: null,
  credential: bearer,
  chatPath: "/chat/completions",
  embeddingsPath: "/embeddings",
  transcriptionsPath: null,
  countPath: null,
  modelsPath: "/models",
  checkPath: "/models",
  generationHeader: "x-generation-id",
  lookup: null,
  day: null,
  credit: null,
  lookupPauses: [],
  connect: null,
  onDisconnect: "drain",
} as const;

const TRANSCRIPTIONS = "/audio/transcriptions";

/** Glama tells usage only on asking, and a little late. */
const LATE = [0, ...Array.from({ length: 10 }, () => 200)];

export const KINDS: Readonly<Record<ProviderKind, Kind>> = {
  openrouter: {
    ...OPENAI_SHAPED,
    officialUrl: "https://openrouter.ai/api/v1",
    // Its list of models is public.
    checkPath: "/key",
    lookup: { path: (id) => `/generation?id=${encodeURIComponent(id)}`, read: readGeneration },
    day: { path: (day, keyHash) => `/activity?date=${day}&api_key_hash=${keyHash}`, read: readActivity },
    credit: { keyPath: "/key", accountPath: "/credits" },
    lookupPauses: [0, 200],
    connect: { page: "../../auth", exchangePath: "/auth/keys" },
    onDisconnect: "abort",
  },
  glama: {
    dialect: "chat",
    takes: null,
    credential: bearer,
    officialUrl: "https://glama.ai/api/gateway",
    chatPath: "/openai/v1/chat/completions",
    embeddingsPath: null,
    transcriptionsPath: null,
    countPath: null,
    modelsPath: "/v1/models",
    checkPath: "/v1/models",
    generationHeader: "x-completion-request-id",
    lookup: {
      path: (id) => `/v1/completion-requests/${encodeURIComponent(id)}`,
      read: readCompletionRequest,
    },
    day: null,
    credit: null,
    lookupPauses: LATE,
    connect: null,
    onDisconnect: "drain",
  },
  requesty: { ...OPENAI_SHAPED, embeddingsPath: null, officialUrl: "https://router.requesty.ai/v1" },
  openai: {
    ...OPENAI_SHAPED,
    officialUrl: "https://api.openai.com/v1",
    takes: OPENAI_FIELDS,
    transcriptionsPath: TRANSCRIPTIONS,
    onDisconnect: "abort",
  },
  anthropic: {
    officialUrl: "https://api.anthropic.com/v1",
    dialect: "messages",
    takes: MESSAGES_FIELDS,
    credential: (apiKey) => ({ "x-api-key": apiKey, "anthropic-version": "2023-06-01" }),
    chatPath: "/messages",
    embeddingsPath: null,
    transcriptionsPath: null,
    countPath: "/messages/count_tokens",
    // Its list comes in pages.
    modelsPath: "/models?limit=1000",
    checkPath: "/models",
    generationHeader: "request-id",
    lookup: null,
    day: null,
    credit: null,
    lookupPauses: [],
    connect: null,
    onDisconnect: "abort",
  },
  compatible: { ...OPENAI_SHAPED, transcriptionsPath: TRANSCRIPTIONS, officialUrl: null },
};

/** True where calls cost real money: at the company itself, and at an address nobody vouches for. */
export function isLive(kind: ProviderKind, hostname: string): boolean {
  const { officialUrl } = KINDS[kind];
  if (officialUrl === null) return !isLoopback(hostname);
  const official = new URL(officialUrl).hostname.split(".").slice(-2).join(".");
  return hostname === official || hostname.endsWith(`.${official}`);
}

export const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
