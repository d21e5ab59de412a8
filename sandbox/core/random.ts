import { hash } from "node:crypto";
import type { RandomStream } from "./company.ts";
import type { OpenStore } from "./store.ts";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * Streams of numbers that depend on (seed, rule, n) only. How far each stream has been drawn is kept in the
 * books, in the transaction of what was drawn for: a restarted sandbox never makes the same id twice.
 */
export function openRandom(seed: string, store: OpenStore): (rule: string) => RandomStream {
  store.ensure(
    "draws",
    "create table if not exists draws (rule text primary key, n integer not null) without rowid",
  );
  const drawn = new Map<string, number>();
  for (const row of store.all("select rule, n from draws")) drawn.set(String(row["rule"]), Number(row["n"]));
  const changed = new Set<string>();
  const streams = new Map<string, RandomStream>();
  store.beforeCommit(() => {
    for (const rule of changed) {
      store.run("insert or replace into draws (rule, n) values (?, ?)", rule, drawn.get(rule) ?? 0);
    }
    changed.clear();
  });

  const draw = (rule: string): Buffer => {
    const n = (drawn.get(rule) ?? 0) + 1;
    drawn.set(rule, n);
    changed.add(rule);
    store.touch();
    return hash("sha256", `${seed}\n${rule}\n${n}`, "buffer");
  };
  return (rule) => {
    let stream = streams.get(rule);
    if (stream === undefined) {
      const next = (): number => draw(rule).readUInt32BE(0) / 2 ** 32;
      stream = {
        next,
        int: (below) => Math.floor(next() * below),
        id(length) {
          let text = "";
          while (text.length < length) {
            for (const byte of draw(rule)) {
              text += ALPHABET[byte % 62];
              if (text.length === length) break;
            }
          }
          return text;
        },
      };
      streams.set(rule, stream);
    }
    return stream;
  };
}
