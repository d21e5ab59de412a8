import { Worker } from "node:worker_threads";

/** Memory in KiB; the tag's length in bytes. */
export type ArgonTask = {
  message: Uint8Array;
  nonce: Uint8Array;
  parallelism: number;
  tagLength: number;
  memory: number;
  passes: number;
};

const idle: Worker[] = [];

/** The argon2id tag. Each call that runs at the same time has a thread, which is kept for the next. */
export async function argon2id(task: ArgonTask): Promise<Buffer> {
  const thread = idle.pop() ?? startThread();
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  thread.once("message", resolve).once("error", reject);
  thread.ref();
  thread.postMessage(task);
  try {
    const tag = Buffer.from(await promise);
    thread.unref();
    idle.push(thread);
    return tag;
  } finally {
    thread.off("message", resolve).off("error", reject);
  }
}

const startThread = (): Worker => new Worker(new URL("./argon-thread.ts", import.meta.url));
