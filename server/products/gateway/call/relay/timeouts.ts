/** Milliseconds. */
export type Timeouts = {
  /** From sending the request to the first content of a stream. */
  firstContent: number;
  /** A whole JSON answer, a whole stream. */
  json: number;
  stream: number;
  /** Silence of a stream that has begun. */
  stall: number;
  /** Silence after a finish reason: the usage that should follow is looked up instead. */
  usage: number;
  /** A caller who waits for content gets the status, then a comment, this often. */
  comment: number;
};

export const defaultTimeouts: Timeouts = {
  firstContent: 60_000,
  json: 600_000,
  stream: 1_800_000,
  stall: 60_000,
  usage: 5_000,
  comment: 10_000,
};

/** Those of all with a provider's own. */
export const timeoutsFor = (all: Timeouts, own: Partial<Timeouts> | null): Timeouts =>
  own === null ? all : { ...all, ...own };
