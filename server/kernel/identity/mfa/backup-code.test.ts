import fc from "fast-check";
import { expect, test } from "vitest";
import { newBackupCodes, readBackupCode } from "./backup-code.ts";

test("a set is ten different codes of the shape XXXX-XXXX, without I, O, 0 and 1", () => {
  for (let i = 0; i < 200; i += 1) {
    const codes = newBackupCodes();
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^[A-HJ-NP-Z2-9]{4}-[A-HJ-NP-Z2-9]{4}$/);
  }
});

test("a code is read however it is typed", () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.integer({ min: 0, max: 9 }),
      fc.array(fc.constantFrom(" ", "-")),
      (small, at, noise) => {
        const code = newBackupCodes()[0] as string;
        const typed = code.slice(0, at) + noise.join("") + code.slice(at);
        expect(readBackupCode(small ? typed.toLowerCase() : typed)).toBe(code);
      },
    ),
  );
});

test("what has another shape is no code", () => {
  for (const text of ["", "ABCD", "ABCD-EFG1", "ABCD-EFGHJ", "ABCD_EFGH", "ÄBCD-EFGH", "O".repeat(8)])
    expect(readBackupCode(text)).toBeNull();
});
