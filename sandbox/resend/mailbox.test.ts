/** The boxes: as JSON for tests, as pages for people. */
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../main.ts";
import { controlOf } from "../stripe/harness.ts";
import { got, newMailWorld, type MailWorld } from "./harness.ts";

let sandbox: Sandbox;
let world: MailWorld;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  world = await newMailWorld(sandbox);
});

const HTML = `<html><head></head><body><a href="https://a.example/?a=1&amp;b=2">Go</a><script>alert(1)</script></body></html>`;
const send = (to: string, more: object = {}) =>
  got(
    world.resend.emails.send({
      from: world.from,
      to,
      subject: "Hello <b>",
      text: "See https://b.example/x .",
      html: HTML,
      ...more,
    }),
  );
const page = async (path: string) => {
  const answer = await fetch(
    `${sandbox.url}/resend/mailbox${path}${path.includes("?") ? "&" : "?"}world=${world.name}`,
  );
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
};

it("a reader who waits gets the mail when it comes, and no sooner", async () => {
  const waiting = world.mailbox({ to: "ann@example.com", wait: "20" });
  const early = await Promise.race([
    waiting,
    new Promise((resolve) => setTimeout(resolve, 100, "nothing yet")),
  ]);
  expect(early).toBe("nothing yet");
  await send("bob@example.com");
  await send("ann@example.com");
  expect(await waiting).toMatchObject([
    {
      to: "ann@example.com",
      subject: "Hello <b>",
      links: ["https://a.example/?a=1&b=2", "https://b.example/x"],
    },
  ]);
});

it("since the last one seen, only what is newer comes; without waiting an empty box answers at once", async () => {
  await send("ann@example.com", { subject: "1" });
  const [first] = await world.mailbox({ to: "ann@example.com" });
  const since = String(first?.seq);
  expect(await world.mailbox({ to: "ann@example.com", since })).toEqual([]);
  expect(await world.mailbox({ to: "ann@example.com", since, wait: "1" })).toEqual([]);
  await send("ann@example.com", { subject: "2" });
  expect((await world.mailbox({ since })).map(({ subject }) => subject)).toEqual(["2"]);
});

it("input that makes no sense is 422", async () => {
  const control = controlOf(sandbox);
  for (const query of ["wait=31", "since=x", "from=a"])
    expect((await control("GET", `/mailbox?${query}`)).status).toBe(422);
});

it("pages: all boxes, one box, one mail; what a mail says cannot leave its frame", async () => {
  await send("ann@example.com", {
    attachments: [{ filename: 'a"b.html', content: Buffer.from("<b>").toString("base64") }],
  });
  const [mail] = await world.mailbox();
  const seq = mail?.seq ?? 0;
  const all = await page("");
  expect(all.text).toContain("ann@example.com <b>1</b>");
  expect(all.text).toContain("Hello &lt;b&gt;");
  expect((await page("?to=ANN@example.com")).text).toContain(`/resend/mailbox/${seq}?world=${world.name}`);
  const one = await page(`/${seq}`);
  expect(one.text).toMatch(
    /<iframe title="The mail" sandbox="allow-popups allow-popups-to-escape-sandbox" src=/,
  );
  expect(one.text).not.toContain("<script>alert");
  const frame = await page(`/${seq}/html`);
  expect(frame.headers.get("content-security-policy")).toMatch(/default-src 'none'.*sandbox allow-popups/);
  expect(frame.text).toContain('<base target="_blank">');
  const source = await page(`/${seq}/source`);
  expect([source.headers.get("content-type"), source.text]).toEqual([
    "text/plain; charset=utf-8",
    expect.stringContaining("Subject: Hello <b>\n"),
  ]);
  const file = await page(`/${seq}/attachments/0`);
  expect([file.text, file.headers.get("content-disposition")]).toEqual([
    "<b>",
    'attachment; filename="a_b.html"',
  ]);
});

it("what is not there is told so", async () => {
  for (const path of ["/99", "/99/html", "/99/attachments/0"]) expect((await page(path)).status).toBe(404);
  expect((await page("?to=nobody@example.com")).text).toContain("No mail to this address");
  expect((await fetch(`${sandbox.url}/resend/mailbox?world=none`)).status).toBe(404);
  expect((await fetch(`${sandbox.url}/resend/mailbox`, { method: "POST" })).status).toBe(405);
});
