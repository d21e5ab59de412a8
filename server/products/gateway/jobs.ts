import type { Loops } from "../../platform/jobs/index.ts";
import type { Gateway } from "./gateway.ts";

export function gatewayJobs(_loops: Loops, _gateway: Gateway): void {}
