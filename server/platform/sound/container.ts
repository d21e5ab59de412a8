/** The containers of sound that are known, told apart by their first bytes. Pure. */
export type Container = { extension: string; mediaType: string };

const WAV: Container = { extension: "wav", mediaType: "audio/wav" };
const MP3: Container = { extension: "mp3", mediaType: "audio/mpeg" };
const M4A: Container = { extension: "m4a", mediaType: "audio/mp4" };
const OGG: Container = { extension: "ogg", mediaType: "audio/ogg" };
const FLAC: Container = { extension: "flac", mediaType: "audio/flac" };
const WEBM: Container = { extension: "webm", mediaType: "audio/webm" };

const EBML = "1a45dfa3";
const HEAD_BYTES = 12;

/** Whatever its name says; null for any other. */
export function containerOf(bytes: Buffer): Container | null {
  if (bytes.length < HEAD_BYTES) return null;
  const says = (text: string, at = 0) => bytes.toString("latin1", at, at + text.length) === text;
  if (says("RIFF") && says("WAVE", 8)) return WAV;
  if (says("ftyp", 4)) return M4A;
  if (says("OggS")) return OGG;
  if (says("fLaC")) return FLAC;
  if (bytes.toString("hex", 0, 4) === EBML) return WEBM;
  return says("ID3") || isMp3Frame(bytes) ? MP3 : null;
}

/** Eleven bits of synchronization, a version that exists, layer III. */
const isMp3Frame = (bytes: Buffer): boolean =>
  bytes[0] === 0xff &&
  ((bytes[1] ?? 0) & 0xe0) === 0xe0 &&
  ((bytes[1] ?? 0) & 0x18) !== 0x08 &&
  ((bytes[1] ?? 0) & 0x06) === 0x02;
