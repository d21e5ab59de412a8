/** Health: what is up, what is ready, how long queues are. Owns `/health`, `/ready`, `/metrics` and the system screen. */
export { createHealth, type Check, type Health, type Queue } from "./health.ts";
