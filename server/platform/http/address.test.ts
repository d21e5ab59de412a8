import { expect, test } from "vitest";
import { maskIp, networkOf } from "./address.ts";

test.each([
  ["203.0.113.7", "203.0.113.7", "203.0.x.x"],
  ["::ffff:203.0.113.7", "203.0.113.7", "203.0.x.x"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"],
  ["2001:db8::6", "2001:db8:0:0::/64", "2001:db8:0::/48"],
  ["::1", "0:0:0:0::/64", "0:0:0::/48"],
  ["fe80::1%eth0", "fe80:0:0:0::/64", "fe80:0:0::/48"],
  ["64:ff9b::203.0.113.7", "64:ff9b:0:0::/64", "64:ff9b:0::/48"],
])("%s is counted as %s and kept as %s", (ip, network, masked) => {
  expect(networkOf(ip)).toBe(network);
  expect(maskIp(ip)).toBe(masked);
});
