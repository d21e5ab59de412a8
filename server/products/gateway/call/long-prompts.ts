/** Reading megabytes of JSON keeps every other call waiting; from this size on, bodies are read in turns. */
const LONG_BYTES = 512 * 1024;
/** After a turn the others have the process for so many times as long: what comes of it, sending included, takes several turns more. */
const REST = 16;

export type LongPrompts = {
  /** `read`, at once for a short body; for a long one as soon as those before it have been read. */
  inTurn<T>(bytes: number, read: () => T): Promise<T>;
};

/** One turn at a time. What `read` goes on doing elsewhere, on a thread, is not part of its turn. */
export function createLongPrompts(): LongPrompts {
  let free = Promise.resolve();
  return {
    async inTurn(bytes, read) {
      if (bytes < LONG_BYTES) return read();
      const before = free;
      const turn = Promise.withResolvers<void>();
      free = turn.promise;
      await before;
      const startedAt = performance.now();
      try {
        return read();
      } finally {
        setTimeout(turn.resolve, REST * (performance.now() - startedAt));
      }
    },
  };
}
