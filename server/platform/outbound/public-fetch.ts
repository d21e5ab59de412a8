import { lookup } from "node:dns";
import { isIP } from "node:net";
import { Agent, buildConnector, fetch as undiciFetch } from "undici";
import { networks } from "../http/index.ts";

/** What the IANA's special-purpose registries keep from the public Internet, and multicast. */
const NOT_PUBLIC = networks([
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
  "::/96",
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "100::/64",
  "2001::/23",
  "2001:db8::/32",
  "2002::/16",
  "3fff::/20",
  "5f00::/16",
  "fc00::/7",
  "fe80::/10",
  "fec0::/10",
  "ff00::/8",
]);

export const isPublicAddress = (ip: string): boolean => isIP(ip) !== 0 && !NOT_PUBLIC(ip);

/** The name leads to an address that is not public; nothing was sent. */
export class PrivateAddressError extends Error {
  constructor() {
    super("the name resolves to an address that is not public");
    this.name = "PrivateAddressError";
  }
}

type Lookup =
  NonNullable<Agent.Options["connect"]> extends infer C
    ? C extends { lookup?: infer L }
      ? NonNullable<L>
      : never
    : never;

/** Asks the system, and refuses a name of which any address is not public: what is checked is what is connected to. */
const publicLookup: Lookup = (name, options, done) => {
  lookup(name, { ...options, all: true }, (error, addresses) => {
    if (error) return done(error, "", 0);
    const [first] = addresses;
    if (!first || !addresses.every(({ address }) => isPublicAddress(address)))
      return done(new PrivateAddressError(), "", 0);
    if (options.all) (done as unknown as (e: null, all: typeof addresses) => void)(null, addresses);
    else done(null, first.address, first.family);
  });
};

/**
 * For the `connect` option of a pool: refuses an address that is not public with `PrivateAddressError`. The check is at each
 * connection, so that a name cannot be moved after it was looked at.
 */
export function publicConnector(connectTimeoutMs: number): buildConnector.connector {
  const connect = buildConnector({ lookup: publicLookup, timeout: connectTimeoutMs });
  return (options, done) => {
    const host = options.hostname.replace(/^\[|\]$/g, "");
    // A number is connected to without a lookup.
    if (isIP(host) !== 0 && !isPublicAddress(host)) done(new PrivateAddressError(), null);
    else connect(options, done);
  };
}

/**
 * `fetch` that refuses, with `PrivateAddressError` among its causes, to connect to an address that is not public, redirects
 * included.
 */
export function publicFetch(connectTimeoutMs: number): typeof globalThis.fetch {
  const dispatcher = new Agent({ connect: publicConnector(connectTimeoutMs) });
  // The package's own fetch: Node's takes no dispatcher of another version. What it answers is used in the same way.
  return ((input: never, init: object | undefined) =>
    undiciFetch(input, { ...init, dispatcher })) as unknown as typeof globalThis.fetch;
}
