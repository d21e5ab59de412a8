/** Calls to addresses that other people chose: never to a machine that only this one or its network can reach. */
export { PrivateAddressError, publicConnector, publicFetch, isPublicAddress } from "./public-fetch.ts";
