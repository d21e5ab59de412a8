import { randomBytes } from "node:crypto";

/** A multipart form: plain fields, then one file. */
export type Form = {
  fields: readonly (readonly [name: string, value: string])[];
  file: { name: string; mediaType: string; bytes: Buffer };
};

const BOUNDARY_BYTES = 24;

/** As it is sent. Nobody can know its boundary beforehand, so no file can hold it. */
export function formBody({ fields, file }: Form): { contentType: string; body: Buffer } {
  const boundary = `holdfast-${randomBytes(BOUNDARY_BYTES).toString("hex")}`;
  const head = (rest: string) => `--${boundary}\r\ncontent-disposition: form-data; ${rest}\r\n`;
  const plain = fields.map(([name, value]) => `${head(`name="${name}"`)}\r\n${value}\r\n`);
  const before = `${head(`name="file"; filename="${file.name}"`)}content-type: ${file.mediaType}\r\n\r\n`;
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([
      Buffer.from(plain.join("") + before),
      file.bytes,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
  };
}
