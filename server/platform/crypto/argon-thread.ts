/**
 * A thread behind `argon2id`, for one password at a time, at lower priority where the system counts that by thread. Requests
 * beside many sign-ins still wait longer than the bound in docs/measurements.md.
 */
import { argon2Sync } from "node:crypto";
import { platform, setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import type { ArgonTask } from "./argon.ts";

/** Where all cores are busy, about a tenth of one stays theirs. */
const NICE = 10;

if (platform() === "linux") setPriority(NICE);
parentPort?.on("message", (task: ArgonTask) => {
  const tag = argon2Sync("argon2id", task);
  parentPort?.postMessage(tag);
});
