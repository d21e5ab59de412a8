import fc from "fast-check";
import { expect, test } from "vitest";
import { readMultipart } from "./multipart.ts";

const text = fc.string({ minLength: 1, maxLength: 20 }).filter((each) => !/[\r\n"%]/.test(each));
const field = fc.record({ name: text, fileName: fc.option(text), bytes: fc.uint8Array({ maxLength: 200 }) });

test("what a client writes is read back, whatever is in it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(field, { minLength: 1, maxLength: 8 }), async (fields) => {
      const form = new FormData();
      for (const { name, fileName, bytes } of fields)
        if (fileName === null) form.append(name, Buffer.from(bytes).toString("hex"));
        else form.append(name, new Blob([Uint8Array.from(bytes)]), fileName);
      const sent = new Response(form);
      const type = sent.headers.get("content-type") ?? "";
      const parts = readMultipart(type, Buffer.from(await sent.arrayBuffer()));
      expect(parts.map((part) => ({ ...part, bytes: part.bytes.toString("hex") }))).toEqual(
        fields.map(({ name, fileName, bytes }) => {
          const hex = Buffer.from(bytes).toString("hex");
          return { name, fileName, bytes: fileName === null ? Buffer.from(hex).toString("hex") : hex };
        }),
      );
    }),
    { numRuns: 100 },
  );
});

const TYPE = "multipart/form-data; boundary=x";
const part = '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n';
test.each([
  ["an unknown type", "application/json", `${part}--x--`],
  ["no boundary", "multipart/form-data", `${part}--x--`],
  ["nothing", TYPE, ""],
  ["no end", TYPE, part],
  ["another boundary", TYPE, part.replaceAll("--x", "--y")],
  ["no name", TYPE, `--x\r\ncontent-disposition: form-data\r\n\r\n1\r\n--x--`],
  [
    "a head without end",
    TYPE,
    `--x\r\ncontent-disposition: form-data; name="${"a".repeat(5_000)}"\r\n\r\n\r\n--x--`,
  ],
  ["too many parts", TYPE, `${part.repeat(65)}--x--`],
])("%s is refused", (_, type, body) => {
  expect(() => readMultipart(type, Buffer.from(body))).toThrow();
});

test("as many parts as there may be are read", () => {
  expect(readMultipart(TYPE, Buffer.from(`${part.repeat(64)}--x--`))).toHaveLength(64);
});
