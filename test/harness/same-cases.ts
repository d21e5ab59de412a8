/** Property tests try the same cases in every run, so that a red one is the change's doing; `EXPLORE=1` draws new ones. */
import fc from "fast-check";

if (process.env["EXPLORE"] !== "1") fc.configureGlobal({ seed: 20_260_101 });
