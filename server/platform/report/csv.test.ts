import { expect, test } from "vitest";
import { writeCsv } from "./csv.ts";

const report = (rows: (string | bigint | number | null)[][]) =>
  writeCsv({ title: "T", facts: [["a", "b"]], tables: [{ title: "rows", columns: ["x", "y"], rows }] });

test.each(["=1+1", "+1", "-1", "@sum(a)", "\tx", "\rx"])(
  "a text that starts like a formula is escaped: %j",
  (text) => {
    const [, , , , , line] = report([[text, null]]).split("\r\n");
    expect(line?.replace(/^"/, "").startsWith(`'${text[0]}`)).toBe(true);
  },
);

test("numbers below zero stay numbers; quotes, commas and line ends are quoted", () => {
  expect(
    report([
      [-5n, -6],
      ['a "b", c', "d\ne"],
    ]),
  ).toBe('report,T\r\na,b\r\n\r\nrows\r\nx,y\r\n-5,-6\r\n"a ""b"", c","d\ne"\r\n');
});
