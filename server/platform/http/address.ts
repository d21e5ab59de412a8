/** The first 16-bit groups of an IPv6 address, `::` and an IPv4 tail written out; null for anything else. */
function groupsOf(ip: string): string[] | null {
  if (!ip.includes(":")) return null;
  const plain = (ip.split("%")[0] ?? "").replace(/\d+\.\d+\.\d+\.\d+$/, "0:0");
  const [head = "", tail] = plain.split("::");
  const left = head.split(":").filter(Boolean);
  const right = tail === undefined ? [] : tail.split(":").filter(Boolean);
  const gap = Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0");
  return [...left, ...gap, ...right];
}

/** IPv4 inside IPv6 (`::ffff:1.2.3.4`) is IPv4. */
const unwrapped = (ip: string): string => ip.replace(/^::ffff:(?=\d+\.)/i, "");

/** Whom a limit counts as one: an IPv4 address, a /64 of IPv6. */
export function networkOf(ip: string): string {
  const groups = groupsOf(unwrapped(ip));
  return groups ? `${groups.slice(0, 4).join(":")}::/64` : unwrapped(ip);
}

/** What is kept of an address: two octets of IPv4, a /48 of IPv6. */
export function maskIp(ip: string): string {
  const groups = groupsOf(unwrapped(ip));
  if (groups) return `${groups.slice(0, 3).join(":")}::/48`;
  return `${unwrapped(ip).split(".").slice(0, 2).join(".")}.x.x`;
}
