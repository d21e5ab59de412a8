import path from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
/** Holds everything that local runs keep. HOLDFAST_DATA names another, for a second run beside the first. */
export const dataDir = path.resolve(process.env["HOLDFAST_DATA"] ?? path.join(root, ".data"));
