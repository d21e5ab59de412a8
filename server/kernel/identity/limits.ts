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

const HOUR_S = 3_600;
export const REGISTER: Rule = {
  name: "register",
  kind: "auth",
  windows: [
    { limit: 3, seconds: 60 },
    { limit: 5, seconds: 900 },
  ],
};
/** Tries of mailed tokens. */
export const MAILED_TOKEN: Rule = {
  name: "mailed-token",
  kind: "auth",
  windows: [{ limit: 10, seconds: 60 }],
};
/** Mails that anyone can have sent to an address. */
export const MAIL_AGAIN: Rule = {
  name: "mail-again",
  kind: "auth",
  windows: [{ limit: 3, seconds: HOUR_S }],
};
export const RESET: Rule = { name: "password-reset", kind: "auth", windows: [{ limit: 3, seconds: HOUR_S }] };
export const RESETS: Rule = {
  name: "password-resets",
  kind: "auth",
  windows: [{ limit: 10, seconds: HOUR_S }],
};
