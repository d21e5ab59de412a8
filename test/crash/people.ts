/** Organizations for the load: the operator's own and its neighbours, each with an owner's session and a key without a limit. */
import { addNeighbour } from "../harness/people.ts";
import { browserClient, createClient, type Client, type Json } from "../harness/client.ts";
import type { Product } from "./product.ts";

export type Party = {
  orgId: string;
  /** The owner's session: buys. */
  owner: Client;
  /** Calls models, without a rate limit. */
  apiKey: string;
};

const PASSWORD = "Correct Horse 1";
const OPERATOR = "operator@example.com";

export async function makeParties(product: Product, count: number): Promise<Party[]> {
  const anonymous = createClient(product.url);
  const setUp = {
    token: product.setupToken,
    email: OPERATOR,
    password: PASSWORD,
    full_name: "Ona Owner",
  };
  expectStatus(await anonymous.call("POST", "/api/admin/setup", { body: setUp }), 201);
  const emails = [OPERATOR, ...Array.from({ length: count - 1 }, (_, i) => `owner-${i}@example.com`)];
  const parties: Party[] = [];
  for (const email of emails) {
    if (email !== OPERATOR) await addNeighbour(product.sql, email);
    const body = { email, password: PASSWORD };
    const owner = browserClient(product.url, await anonymous.call("POST", "/api/auth/login", { body }));
    const me = (await owner.call("GET", "/api/auth/me")).body;
    const wanted = { name: "Load", mode: "test", scopes: ["gateway.use"], limits: { rpm: 0 } };
    const key = await owner.call("POST", "/api/api-keys", { body: wanted });
    expectStatus(key, 201);
    parties.push({ orgId: String((me.organization as Json).id), owner, apiKey: String(key.body.secret) });
  }
  return parties;
}

function expectStatus(answer: { status: number; text: string }, status: number): void {
  if (answer.status !== status) throw new Error(`expected ${status}: ${answer.status} ${answer.text}`);
}
