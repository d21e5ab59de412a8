/** A company over HTTP that answers what a test tells it: for answers that the sandbox never gives. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type Asked = { method: string; path: string; query: URLSearchParams; form: URLSearchParams };
export type Answer = { status?: number; body: object };

export type Answering = {
  readonly url: string;
  /** What it was asked so far, in order. */
  readonly asked: Asked[];
  close(): Promise<void>;
};

export async function startAnswering(answer: (asked: Asked) => Answer | Promise<Answer>): Promise<Answering> {
  const asked: Asked[] = [];
  const server = createServer((req, res) => {
    const chunks: Uint8Array[] = [];
    req.on("data", (chunk: Uint8Array) => void chunks.push(chunk));
    req.on("end", () => {
      const { pathname: path, searchParams: query } = new URL(req.url ?? "", "http://company.test");
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      const one = { method: req.method ?? "", path, query, form };
      asked.push(one);
      void Promise.resolve(answer(one)).then(({ status = 200, body }) =>
        res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)),
      );
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
