import type { Http } from "../../platform/http/index.ts";
import type { Gateway } from "./gateway.ts";

export function gatewayRoutes(_http: Http, _gateway: Gateway): void {}
