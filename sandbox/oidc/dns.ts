/** DNS over HTTPS (the JSON form that public resolvers speak), answering the TXT records that a world was given. */
import type { ControlRequest, Exchange, World } from "../core/company.ts";

const NAME = /^[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9])?\.?$/i;
const TXT = 16;
const MAX_RECORDS = 100;
const NO_SUCH_NAME = 3;

type Records = Record<string, string[]>;

function recordsOf(world: World): Records {
  world.store.ensure(
    "oidc-dns",
    "create table if not exists oidc_dns (name text primary key, txt text not null)",
  );
  const rows = world.store.all("select name, txt from oidc_dns order by name");
  return Object.fromEntries(
    rows.map((row) => [String(row["name"]), JSON.parse(String(row["txt"])) as string[]]),
  );
}

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, "");

export function answerDns({ world, query, res }: Exchange): void {
  const name = query.get("name") ?? "";
  const type = (query.get("type") ?? "A").toUpperCase();
  const send = (status: number, body: unknown): void =>
    void res.writeHead(status, { "content-type": "application/dns-json" }).end(JSON.stringify(body));
  if (!NAME.test(name)) return send(400, { error: "Invalid name" });
  const found = type === "TXT" || type === String(TXT) ? recordsOf(world)[plain(name)] : undefined;
  send(200, {
    Status: found === undefined ? NO_SUCH_NAME : 0,
    TC: false,
    RD: true,
    RA: true,
    AD: false,
    CD: false,
    Question: [{ name, type: TXT }],
    ...(found === undefined
      ? {}
      : {
          Answer: found.map((text) => ({
            name,
            type: TXT,
            TTL: 300,
            data: `"${text.replaceAll('"', '\\"')}"`,
          })),
        }),
  });
}

/** `GET /dns`; `PUT /dns {name, txt: []}` sets a name's TXT records, none removes them. */
export function controlDns({ method, path, body, world, answer }: ControlRequest): boolean {
  if (path !== "/dns") return false;
  if (method === "GET") {
    answer(200, { records: recordsOf(world) });
    return true;
  }
  if (method !== "PUT") return false;
  const { name, txt } = (body ?? {}) as { name?: unknown; txt?: unknown };
  const good =
    typeof name === "string" &&
    NAME.test(name) &&
    Array.isArray(txt) &&
    txt.length <= MAX_RECORDS &&
    txt.every((each) => typeof each === "string" && each.length <= 255);
  if (!good) {
    const detail = "name is a DNS name, txt a list of texts of at most 255 characters";
    answer(422, { type: "about:blank", title: "That makes no sense here", status: 422, detail });
    return true;
  }
  recordsOf(world);
  if ((txt as string[]).length === 0)
    world.store.run("delete from oidc_dns where name = ?", plain(name as string));
  else {
    const sql = "insert or replace into oidc_dns (name, txt) values (?, ?)";
    world.store.run(sql, plain(name as string), JSON.stringify(txt));
  }
  answer(200, { records: recordsOf(world) });
  return true;
}
