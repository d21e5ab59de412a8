/** The limit that an operator set for one subject, in place of all the windows of a class. */
export type Override = {
  subject: string;
  class: string;
  limit: number;
  windowSeconds: number;
  createdAt: Date;
};

/** How often a subject was refused in a class. */
export type Refusals = { subject: string; class: string; refused: number; lastAt: Date };
