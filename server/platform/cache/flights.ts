/** A load under way. */
export type Flight = { readonly tags: readonly string[]; stale: boolean };

export type Flights = {
  /** Joins the load of this key that is under way, else starts it. */
  join(key: string, tags: readonly string[], start: (flight: Flight) => Promise<Buffer>): Promise<Buffer>;
  /** Loads that bear one of the tags (null: all) are stale, and nobody joins them any more. */
  fall(tags: readonly string[] | null): void;
};

/** Those who ask for the same at once share one load, unless it began before a change that they must see. */
export function createFlights(): Flights {
  const flights = new Map<string, { flight: Flight; answer: Promise<Buffer> }>();
  return {
    join(key, tags, start) {
      const known = flights.get(key);
      if (known) return known.answer;
      const flight: Flight = { tags, stale: false };
      const answer = start(flight).finally(() => {
        if (flights.get(key)?.flight === flight) flights.delete(key);
      });
      flights.set(key, { flight, answer });
      return answer;
    },
    fall(tags) {
      for (const [key, { flight }] of flights) {
        if (tags && !flight.tags.some((tag) => tags.includes(tag))) continue;
        flight.stale = true;
        flights.delete(key);
      }
    },
  };
}
