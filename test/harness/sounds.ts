/** Files of sound, made by hand: silence in each of the six containers, of a length that the container tells. */
const RATE = 8_000;

const u32 = (value: number) =>
  Buffer.from([value >>> 24, value >>> 16, value >>> 8, value].map((byte) => byte & 255));
const le32 = (value: number) => u32(value).reverse();
const le16 = (value: number) => Buffer.from([value & 255, value >> 8]);
const ascii = (text: string) => Buffer.from(text, "latin1");

/** `salt` makes one file another. */
export function wav(seconds: number, salt = 0): Buffer {
  const data = Buffer.alloc(Math.round(seconds * RATE), 128);
  data[0] = salt;
  const format = Buffer.concat([le16(1), le16(1), le32(RATE), le32(RATE), le16(1), le16(8)]);
  const body = [ascii("WAVEfmt "), le32(format.length), format, ascii("data"), le32(data.length), data];
  return Buffer.concat([ascii("RIFF"), le32(Buffer.concat(body).length), ...body]);
}

/** 128 kbit/s at 44.1 kHz: frames of 417 bytes and 1,152 samples. */
export function mp3(seconds: number): Buffer {
  const frame = Buffer.alloc(417);
  frame.set([0xff, 0xfb, 0x90, 0x00]);
  return Buffer.concat(Array.from({ length: Math.round((seconds * 44_100) / 1_152) }, () => frame));
}

export function flac(seconds: number): Buffer {
  const samples = seconds * 44_100;
  const info = Buffer.alloc(34);
  info.writeUInt16BE(4_096, 0);
  info.writeUInt16BE(4_096, 2);
  // 20 bits of rate, 3 of channels less one, 5 of bits less one, 36 of samples.
  info.writeBigUInt64BE((44_100n << 44n) | (15n << 36n) | BigInt(samples), 10);
  return Buffer.concat([ascii("fLaC"), Buffer.from([0x80, 0, 0, info.length]), info, Buffer.alloc(64)]);
}

export function m4a(seconds: number): Buffer {
  const box = (type: string, ...parts: Buffer[]) => {
    const body = Buffer.concat(parts);
    return Buffer.concat([u32(body.length + 8), ascii(type), body]);
  };
  const media = Buffer.concat([Buffer.alloc(12), u32(RATE), u32(seconds * RATE), Buffer.alloc(4)]);
  const track = Buffer.concat([Buffer.alloc(12), u32(1), Buffer.alloc(68)]);
  const sound = Buffer.concat([Buffer.alloc(4), ascii("mhlrsoun"), Buffer.alloc(16)]);
  const entry = box("mp4a", Buffer.concat([Buffer.alloc(6), Buffer.from([0, 1]), Buffer.alloc(20)]));
  const table = box("stbl", box("stsd", u32(0), u32(1), entry));
  const mdia = box("mdia", box("mdhd", media), box("hdlr", sound), box("minf", table));
  const brand = box("ftyp", ascii("M4A "), u32(0), ascii("M4A mp42"));
  const moov = box("moov", box("mvhd", Buffer.alloc(100)), box("trak", box("tkhd", track), mdia));
  return Buffer.concat([brand, moov, box("mdat", Buffer.alloc(64))]);
}

export function ogg(seconds: number): Buffer {
  const page = (flags: number, granule: number, sequence: number, body: Buffer) => {
    const position = Buffer.alloc(8);
    position.writeBigUInt64LE(BigInt(granule));
    return Buffer.concat([
      ascii("OggS"),
      Buffer.from([0, flags]),
      position,
      le32(7),
      le32(sequence),
      le32(0),
      Buffer.from([1, body.length]),
      body,
    ]);
  };
  const head = Buffer.concat([
    ascii("OpusHead"),
    Buffer.from([1, 1]),
    le16(0),
    le32(48_000),
    le16(0),
    Buffer.of(0),
  ]);
  const tags = Buffer.concat([ascii("OpusTags"), le32(4), ascii("hand"), le32(0)]);
  return Buffer.concat([
    page(2, 0, 0, head),
    page(0, 0, 1, tags),
    page(4, seconds * 48_000, 2, Buffer.alloc(40)),
  ]);
}

/** `seconds` null: as browsers record it, without a length. */
export function webm(seconds: number | null): Buffer {
  const element = (id: string, body: Buffer) =>
    Buffer.concat([Buffer.from(id, "hex"), Buffer.of(0x40 | (body.length >> 8), body.length & 255), body]);
  const length = Buffer.alloc(4);
  length.writeFloatBE((seconds ?? 0) * 1_000);
  const scale = element("2ad7b1", Buffer.from([0x0f, 0x42, 0x40]));
  const info = [scale, ...(seconds === null ? [] : [element("4489", length)])];
  const track = [
    element("d7", Buffer.of(1)),
    element("83", Buffer.of(2)),
    element("86", ascii("A_OPUS")),
    element("e1", element("9f", Buffer.of(1))),
  ];
  return Buffer.concat([
    element("1a45dfa3", element("4282", ascii("webm"))),
    element(
      "18538067",
      Buffer.concat([
        element("1549a966", Buffer.concat(info)),
        element("1654ae6b", element("ae", Buffer.concat(track))),
        element("ec", Buffer.alloc(12_000)),
      ]),
    ),
  ]);
}
