/** `bin/verify-receipt <receipt.json> --key <public key, PEM>`: 0 when it is signed and adds up, 1 when not. */
import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { bytesOf, faultsOf, type Receipt } from "./receipt.ts";

const { positionals, values } = parseArgs({ allowPositionals: true, options: { key: { type: "string" } } });
const [file] = positionals;
if (!file || !values.key) {
  process.stderr.write("bin/verify-receipt <receipt.json> --key <public key, PEM>\n");
  process.exit(2);
}
const { receipt, signature } = JSON.parse(readFileSync(file, "utf8")) as {
  receipt: Receipt;
  signature: string;
};
const key = createPublicKey(readFileSync(values.key, "utf8"));
const signed = verify(null, bytesOf(receipt), key, Buffer.from(signature, "base64"));
const faults = [...(signed ? [] : ["the signature is not this key's"]), ...faultsOf(receipt)];
process.stdout.write(
  faults.length === 0
    ? `ok: ${receipt.request_id} cost ${receipt.cost_usd} USD, ${receipt.cost_micros} micro-credits\n`
    : `NOT ok: ${faults.join("; ")}\n`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
