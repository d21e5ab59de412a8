/**
 * A thread behind `argon2id`, for one password at a time. Where the system counts priority by thread, it yields to what
 * answers requests: many sign-ins at once wait for each other, and nobody else waits for them.
 */
import { argon2Sync } from "node:crypto";
import { platform, setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import type { ArgonTask } from "./argon.ts";

/** A tenth of a busy core stays theirs. */
const NICE = 10;

if (platform() === "linux") setPriority(NICE);
parentPort?.on("message", (task: ArgonTask) => {
  const tag = argon2Sync("argon2id", task);
  parentPort?.postMessage(tag);
});
