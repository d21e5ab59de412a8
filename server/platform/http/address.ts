import { BlockList, isIP } from "node:net";

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

/** True for an address or a network in CIDR notation: `203.0.113.7`, `10.0.0.0/8`, `2001:db8::/32`. */
export function isNetwork(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const family = isIP(address);
  if (family === 0 || more.length > 0 || address.includes("%")) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** Made once, asked often: whether an address lies in one of these networks. Text that is no network holds nobody. */
export function networks(list: readonly string[]): (ip: string) => boolean {
  const known = new BlockList();
  for (const text of list.filter(isNetwork)) {
    const [address = "", bits] = text.split("/");
    const plain = unwrapped(address);
    const family = isIP(plain) === 4 ? "ipv4" : "ipv6";
    const whole = family === "ipv4" ? 32 : 128;
    known.addSubnet(plain, bits === undefined ? whole : Math.min(whole, Number(bits)), family);
  }
  return (ip) => {
    const plain = unwrapped(ip);
    const family = isIP(plain);
    return family !== 0 && known.check(plain, family === 4 ? "ipv4" : "ipv6");
  };
}

export const inNetworks = (ip: string, list: readonly string[]): boolean => networks(list)(ip);
