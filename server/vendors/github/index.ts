/**
 * Sign-in with GitHub: the consent page's address, the code's exchange, and who it was. GitHub speaks OAuth without an
 * identity token and answers refusals with 200, hence a small client of our own. Each call has a deadline; a code is sent
 * once, never again; the token is dropped when the two questions are answered.
 */
export { createGithubSignIn, type GithubOptions, type GithubSignIn } from "./sign-in.ts";
