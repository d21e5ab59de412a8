type Link<T> = { value: T | null; before: Link<T>; after: Link<T> };

/**
 * What is going on just now, in the order in which it began: a set for members that come and go by the thousand. A `Set`
 * replaces its table every so often, and each table that V8 has moved to old memory keeps the next one alive, with all that
 * was in it, until the next full collection. A link that is taken out here holds nothing.
 */
export class Roster<T extends object> implements Iterable<T> {
  /** Under which a member knows its link. */
  readonly #own = Symbol("roster");
  readonly #ends: Link<T>;
  #size = 0;

  constructor() {
    const ends = { value: null } as Link<T>;
    this.#ends = Object.assign(ends, { before: ends, after: ends });
  }

  get size(): number {
    return this.#size;
  }

  add(value: T): void {
    const members = value as Record<symbol, Link<T> | undefined>;
    if (members[this.#own]) return;
    const last = this.#ends.before;
    const link: Link<T> = { value, before: last, after: this.#ends };
    last.after = link;
    this.#ends.before = link;
    members[this.#own] = link;
    this.#size += 1;
  }

  delete(value: T): void {
    const members = value as Record<symbol, Link<T> | undefined>;
    const link = members[this.#own];
    if (!link) return;
    link.before.after = link.after;
    link.after.before = link.before;
    link.before = this.#ends;
    link.after = this.#ends;
    link.value = null;
    members[this.#own] = undefined;
    this.#size -= 1;
  }

  /** Those of now: whoever leaves or comes meanwhile changes nothing. */
  [Symbol.iterator](): Iterator<T> {
    const values: T[] = [];
    for (let link = this.#ends.after; link.value !== null; link = link.after) values.push(link.value);
    return values.values();
  }
}
