// The switches of the faults view: kind, name, what happens, parameters, effect.

export const WEBHOOKS = [
  ["duplicate", "Duplicates", "The same event arrives twice", { n: 1 }],
  ["reorder", "Reordering", "Later events overtake, up to 5 s", { window_ms: 5000 }],
  ["delay", "Delay", "4 s late", { ms: 4000 }],
  ["drop", "Drop", "An attempt is lost and made again later", {}],
  ["corrupt", "Corrupt", "One bit of the body is wrong", {}],
  ["bad_signature", "Bad signature", "The signature does not fit", {}],
  ["old_timestamp", "Old timestamp", "Signed an hour ago", {}],
  ["forge_crc", "Forged checksum", "PayPal: another amount, the same CRC", {}],
  ["bad_cert", "Expired certificate", "PayPal: signed by one that is over", { kind: "expired" }],
];
export const CALLS = [
  ["status", "Error 500", "Kept under the idempotency key", { status: 500 }, "none"],
  ["status", "Error 503", "Nothing was done", { status: 503 }, "none"],
  ["rate_limit", "Rate limit", "429, come again in 1 s", { retry_after: 1 }, "none"],
  ["timeout", "Timeout, nothing done", "15 s of silence", { ms: 15000 }, "none"],
  ["timeout", "Timeout, but done", "It happened; the answer never came", { ms: 15000 }, "done"],
  ["reset", "Connection reset, nothing done", "Before the act", {}, "none"],
  ["reset", "Connection reset, but done", "After the act", {}, "done"],
  ["delay", "Delay", "2 s late", { ms: 2000 }, "done"],
  ["corrupt", "Corrupt", "A byte of the answer is wrong", {}, "done"],
  ["truncate", "Truncate", "Half of the answer", {}, "done"],
  ["wrong_type", "Wrong type", "HTML, says the header", {}, "done"],
  ["slow_stream", "Slow stream", "400 bytes a second", { bytes_per_second: 400 }, "done"],
  ["cut_stream", "Cut stream", "Breaks off after 3 pieces", { after: 3 }, "done"],
  ["stall", "Stall", "Falls silent after 3 pieces", { after: 3, ms: 30000 }, "done"],
];

const same = (a, b) => JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
export const matches = (fault, on, [kind, , , params, effect]) =>
  fault.on === on &&
  fault.fault === kind &&
  same(fault.params, params) &&
  (effect === undefined || fault.effect === effect) &&
  Object.keys(fault.match).length === 0;

export function howOften(fault) {
  const often = fault.probability === null ? "always" : `${Math.round(fault.probability * 1000) / 10} %`;
  const times = fault.times === null ? often : fault.times === 0 ? "used up" : `next ${fault.times}`;
  return fault.company === null ? times : `${fault.company}, ${times}`;
}
