import { expect, test } from "vitest";
import { createQuestions } from "./questions.ts";

test("who asks waits for the answer, out of patience goes on, and the question is not asked twice meanwhile", async () => {
  const questions = createQuestions(20);
  const company = Promise.withResolvers<void>();
  let asked = 0;
  const question = () => {
    asked += 1;
    return company.promise;
  };
  await questions.ask("pay_1", question);
  await questions.ask("pay_1", question);
  expect(asked).toBe(1);
  company.resolve();
  await questions.ask("pay_1", question);
  await questions.ask("pay_1", question);
  expect(asked).toBe(2);
});

test("a question that fails tells who waits; one that fails later ends nobody", async () => {
  const questions = createQuestions(20);
  await expect(questions.ask("pay_1", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  const late = Promise.withResolvers<void>();
  await questions.ask("pay_2", () => late.promise);
  late.reject(new Error("late"));
  await new Promise((resolve) => setImmediate(resolve));
  await questions.ask("pay_2", () => Promise.resolve());
});
