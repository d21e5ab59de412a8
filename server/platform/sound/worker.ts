/** The thread behind `createSoundReader`. */
import { parentPort } from "node:worker_threads";
import { parseBuffer } from "music-metadata";

type Ask = { id: number; bytes: Uint8Array; mediaType: string };

async function durationOf({ bytes, mediaType }: Ask): Promise<number | null> {
  try {
    const whole = { mimeType: mediaType, size: bytes.length };
    const { format } = await parseBuffer(bytes, whole, { duration: true, skipCovers: true });
    const seconds = format.duration;
    return seconds !== undefined && Number.isFinite(seconds) && seconds > 0
      ? Math.round(seconds * 1_000)
      : null;
  } catch {
    // Whatever is wrong with the file, it does not tell.
    return null;
  }
}

parentPort?.on("message", (ask: Ask) => {
  void durationOf(ask).then((ms) => parentPort?.postMessage({ id: ask.id, ms }));
});
