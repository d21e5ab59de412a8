/** Reading JSON. Pure. */

export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The objects of a list. */
export const asList = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isFields) : []);
