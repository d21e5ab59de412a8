import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
type Lock = {
  packages: Record<string, { license?: string; version?: string; link?: boolean; resolved?: string }>;
};
const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as Lock;

const ALLOWED = new Set(
  "MIT MIT-0 ISC BSD-2-Clause BSD-3-Clause 0BSD Apache-2.0 BlueOak-1.0.0 CC0-1.0 CC-BY-4.0 Unlicense Python-2.0 PostgreSQL OFL-1.1 MPL-2.0".split(
    " ",
  ),
);
/** Of several to choose from one will do; of several that hold together, all must. */
const isAllowed = (license: string): boolean =>
  license
    .replaceAll(/[()]/g, "")
    .split(" OR ")
    .some((choice) => choice.split(" AND ").every((name) => ALLOWED.has(name)));
/** Packages without a licence field in their manifest, read by a person: name → licence. */
const READ_BY_HAND: Record<string, string> = { "png-js": "MIT" };

test("every dependency's licence is on the allow-list", () => {
  const bad = Object.entries(lock.packages)
    .filter(([path, { link }]) => path.includes("node_modules/") && !link)
    .map(([path, { license }]) => ({ name: path.split("node_modules/").at(-1) as string, license }))
    .filter(({ name, license }) => !isAllowed(license ?? READ_BY_HAND[name] ?? "none"));
  expect(bad).toEqual([]);
});

test("the lock file names no registry", () => {
  const addresses = Object.values(lock.packages).flatMap(({ resolved }) =>
    resolved?.includes("://") ? [resolved] : [],
  );
  expect(addresses).toEqual([]);
});

test("versions are exact", () => {
  for (const file of ["package.json", "console/package.json", "test/earlier-sdks/package.json"]) {
    const manifest = JSON.parse(readFileSync(join(root, file), "utf8")) as Record<
      string,
      Record<string, string>
    >;
    const versions = ["dependencies", "devDependencies", "optionalDependencies"].flatMap((kind) =>
      Object.values(manifest[kind] ?? {}),
    );
    expect(versions.filter((version) => !/^(npm:[@\w/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual(
      [],
    );
  }
});

test("no secret is in the tree", () => {
  const secret =
    /sk_live_\w{8}|rk_live_\w{8}|AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----|ghp_\w{30}|sk-ant-\w{10}|xox[bp]-\d{8}/;
  const files = execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8" })
    .split("\n")
    .filter(Boolean);
  const holding = files.filter(
    (file) => file !== "test/supply-chain.test.ts" && secret.test(readFileSync(join(root, file), "latin1")),
  );
  expect(holding).toEqual([]);
});
