import { expect, it } from "vitest";
import { ApiError } from "./problem.ts";

it("reads a problem with its field errors", () => {
  const error = new ApiError(
    422,
    {
      title: "The input does not match its schema",
      code: "invalid_input",
      instance: "req_1",
      errors: [{ pointer: "/name", detail: "is too short" }],
    },
    null,
  );
  expect(error).toMatchObject({ code: "invalid_input", requestId: "req_1", detail: null });
  expect(error.fieldError("name")).toBe("is too short");
  expect(error.fieldError("email")).toBeUndefined();
});

it("reads OpenAI's envelope, and when to ask again", () => {
  const headers = new Headers({ "x-request-id": "req_2", "retry-after": "3" });
  const body = { error: { message: "Too few credits", code: "insufficient_quota" } };
  const error = new ApiError(402, body, headers);
  expect(error).toMatchObject({ code: "insufficient_quota", title: "Too few credits", requestId: "req_2" });
  expect(error.retryAfterMs).toBe(3_000);
});

it("names what is neither", () => {
  expect(new ApiError(502, "<html>", null).title).toBe("The server answered 502");
  expect(new ApiError(0, null, null).code).toBe("unreachable");
});

it.each([
  [422, "invalid_input", true],
  [409, "idempotency_running", false],
  [502, "provider_refused", true],
  [503, "provider_unavailable", false],
  [0, "unreachable", false],
])("after %i %s it is known that nothing came of it: %s", (status, code, known) => {
  expect(new ApiError(status, status === 0 ? null : { code }, null).isRefusal).toBe(known);
});
