/** Whatever a name leads to is looked at where the connection is made: nothing inside this network is ever reached. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, expect, it } from "vitest";
import { isPublicAddress, PrivateAddressError, publicFetch } from "./index.ts";

let reached = 0;
const inside = createServer((_, answer) => {
  reached += 1;
  answer.end("inside");
});
await new Promise<void>((resolve) => void inside.listen(0, "127.0.0.1", resolve));
afterAll(() => void inside.close());
const { port } = inside.address() as AddressInfo;

it.each([
  "localhost",
  "127.0.0.1",
  "2130706433",
  "0x7f.1",
  "0.0.0.0",
  "[::1]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
])("does not connect to %s", async (host) => {
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("inside");
  const before = reached;
  const refused = publicFetch(2_000)(`http://${host}:${port}/`);
  await expect(refused).rejects.toMatchObject({ cause: expect.any(PrivateAddressError) });
  expect(reached).toBe(before);
});

it("tells public addresses from all others", () => {
  const others =
    "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 127.1.2.3 0.0.0.0 224.0.0.1 255.255.255.255 " +
    "::1 :: fd00:ec2::254 fe80::1 ff02::1 ::ffff:10.0.0.1 64:ff9b::a00:1 2002:a00:1:: not-an-address";
  for (const ip of others.split(" ")) expect([ip, isPublicAddress(ip)]).toEqual([ip, false]);
  for (const ip of ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"])
    expect([ip, isPublicAddress(ip)]).toEqual([ip, true]);
});
