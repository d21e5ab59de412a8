/** The last major before the newest of each client, installed apart from it: both want other versions of the same packages. */
export { createOpenAICompatible } from "@ai-sdk/openai-compatible";
export { default as Anthropic } from "@anthropic-ai/sdk";
export * as langchain from "@langchain/openai";
export { createOpenRouter } from "@openrouter/ai-sdk-provider";
export * as ai from "ai";
export { default as OpenAI } from "openai";
