import { z } from "zod";

/** `owner > admin > agent > viewer`. */
export const roleName = z.enum(["owner", "admin", "agent", "viewer"]).meta({ id: "Role" });
