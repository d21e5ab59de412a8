import fc from "fast-check";
import { expect, test } from "vitest";
import { renderMail } from "./layout.ts";
import { linkTo, type Composed } from "./letter.ts";

const render = (mail: Composed) => renderMail(mail, "holdfast.example");
const tags = (html: string): number => html.split("<").length;

test("what a person wrote cannot add markup, in any block", () => {
  const plain = (text: string): Composed => ({
    subject: text,
    blocks: [
      { text },
      { note: text },
      { code: text },
      { facts: [[text, text]] },
      { button: text, url: "https://a.example/" },
    ],
  });
  const calm = tags(render(plain("x")).html);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.constantFrom(`"><script>alert(1)</script>`, "</td></table>", "&lt;b&gt;", "' onload='x"),
      ),
      (text) => tags(render(plain(text.replaceAll(/[\r\n]/g, ""))).html) === calm,
    ),
  );
});

test("a subject is one line, however it was written", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (subject) => {
      const shown = render({ subject, blocks: [] }).subject;
      return !/[\p{Cc}\u2028\u2029]/u.test(shown) && shown.length <= 200;
    }),
  );
});

test("only the web is linked to", () => {
  const to = (url: string) => () => render({ subject: "x", blocks: [{ button: "Go", url }] });
  for (const url of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"])
    expect(to(url)).toThrow();
  expect(to("https://a.example/?a=1&b=2")().html).toContain('href="https://a.example/?a=1&amp;b=2"');
});

test("the text says all that the HTML says", () => {
  const { text, html } = render({
    subject: "New sign-in",
    blocks: [
      { text: "Hello\nAnn" },
      {
        facts: [
          ["When", "today"],
          ["Where", "203.0.x.x"],
        ],
      },
      { code: "ABCD-2345" },
      { button: "Sign out", url: "https://a.example/x" },
      { note: "Not you?" },
    ],
  });
  expect(text).toBe(
    "Hello\nAnn\n\nWhen: today\nWhere: 203.0.x.x\n\n    ABCD-2345\n\nSign out:\nhttps://a.example/x\n\nNot you?\n\n-- \nSent by Holdfast at holdfast.example. Nobody reads answers to this address.\n",
  );
  for (const part of ["Hello<br>Ann", "When", "203.0.x.x", "ABCD-2345", "Sign out", "Not you?"])
    expect(html).toContain(part);
});

test("a link's values are encoded, and its host is ours", () => {
  expect(linkTo("https://a.example", "/verify", { token: "a b&c" })).toBe(
    "https://a.example/verify?token=a+b%26c",
  );
});
