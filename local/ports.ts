import { createServer } from "node:net";

/** The wanted port of 127.0.0.1 if it is free, else the next free one above it; without a wish, any free port. */
export async function choosePort(wanted?: number): Promise<number> {
  if (wanted === undefined) return tryPort(0) as Promise<number>;
  const highest = Math.min(wanted + 200, 65_535);
  for (let port = wanted; port <= highest; port += 1) {
    const free = await tryPort(port);
    if (free !== null) return free; // not `port`: a wish for 0 means any
  }
  return tryPort(0) as Promise<number>;
}

/** The port that was free a moment ago, or null when it is taken or not ours to take. */
async function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(null);
      else reject(error);
    });
    probe.listen(port, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(address && typeof address === "object" ? address.port : port));
    });
  });
}
