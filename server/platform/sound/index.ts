/** Sound in files: which of six containers one is, and how long it plays. Files are read in a thread, and never kept. */
export { createSoundReader, type SoundReader } from "./reader.ts";
export { containerOf, type Container } from "./container.ts";
