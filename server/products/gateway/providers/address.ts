/** Where a provider may be reached. Pure. */
import { isPublicAddress } from "../../../platform/outbound/index.ts";

/**
 * What is wrong with an address, in words for its field; null when nothing is. Names are looked at when they are connected
 * to. `isPrivate`: the operator says that it may lie inside a network, and do without TLS.
 */
export function addressFault(url: string, isPrivate: boolean): string | null {
  const { protocol, hostname, username, password, search, hash } = new URL(url);
  if (username || password || search || hash) return "must hold no name, password, query or fragment";
  if (protocol !== "https:" && protocol !== "http:") return "must begin with https://";
  if (isPrivate) return null;
  if (protocol !== "https:") return "must begin with https://, unless private_address is true";
  const ip = hostname.replace(/^\[|\]$/g, "");
  const isNumber = /^[\d.]+$|:/.test(ip);
  const isInside = isNumber ? !isPublicAddress(ip) : /(^|\.)localhost\.?$/.test(hostname);
  return isInside ? "must not be inside a network, unless private_address is true" : null;
}
