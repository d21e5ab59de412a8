/** Requests per minute of one subject in one class. In this process's memory; a shared store is the next step. */
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";

export type Limit = { name: string; perMinute: number };
export type Verdict = { allowed: boolean; limit: number; remaining: number; resetSeconds: number };

export type Limiter = { take(limit: Limit, subject: string): Promise<Verdict> };

/** A limiter per class and rate, made at first use. */
export function createLimiter(): Limiter {
  const limiters = new Map<string, RateLimiterMemory>();
  const of = ({ name, perMinute }: Limit) => {
    const key = `${name}:${perMinute}`;
    const known = limiters.get(key);
    if (known) return known;
    const made = new RateLimiterMemory({ keyPrefix: key, points: perMinute, duration: 60 });
    limiters.set(key, made);
    return made;
  };
  return {
    async take(limit, subject) {
      const answer = await of(limit)
        .consume(subject)
        .catch((error: unknown) => {
          if (error instanceof RateLimiterRes) return error;
          throw error;
        });
      return {
        allowed: answer.consumedPoints <= limit.perMinute,
        limit: limit.perMinute,
        remaining: Math.max(0, answer.remainingPoints),
        resetSeconds: Math.ceil(answer.msBeforeNext / 1000),
      };
    },
  };
}
