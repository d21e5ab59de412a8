import { expect, test } from "vitest";
import { deviceOf, maskIp, networkOf } from "./address.ts";

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

test("a device is named by browser and system", () => {
  const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36";
  expect(deviceOf(chrome)).toBe("Chrome on Linux");
  expect(deviceOf(`${chrome} Edg/140.0`)).toBe("Edge on Linux");
  expect(deviceOf("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1")).toBe(
    "Safari on iOS",
  );
  expect(deviceOf("curl/8.0")).toBe("App");
  expect(deviceOf(undefined)).toBe("App");
});
