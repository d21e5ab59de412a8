import type { Rule } from "../../platform/rate-limit/index.ts";

/** Tries to sign in, for the network and for the address that is tried. */
export const SIGN_IN: Rule = {
  name: "sign-in",
  kind: "auth",
  windows: [
    { limit: 5, seconds: 60 },
    { limit: 10, seconds: 300 },
  ],
};
export const SET_UP: Rule = { ...SIGN_IN, name: "set-up" };
export const SIGN_IN_LINK: Rule = { ...SIGN_IN, name: "sign-in-link" };
