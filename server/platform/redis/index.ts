/**
 * Redis or Valkey, one server or a cluster. What lies there may vanish at any time: counts, cached answers and messages
 * under way, never the only copy of anything. Of a command's keys all lie in one slot: one key, or those with a `{tag}`.
 */
import { Cluster, Redis as OneServer } from "ioredis";
import { context } from "../telemetry/index.ts";

export type Redis = OneServer | Cluster;

/** A command that is not answered within this time has failed. */
const COMMAND_TIMEOUT_MS = 500;
const CONNECT_TIMEOUT_MS = 2_000;
const WAITS = { commandTimeout: COMMAND_TIMEOUT_MS, connectTimeout: CONNECT_TIMEOUT_MS };

const comesBackIn = (tries: number): number => Math.min(tries * 100, 1_000);

/**
 * Several addresses with commas between them are some of a cluster's; name, password and TLS are the first one's. Commands
 * fail at once while the connection is away; it comes back by itself.
 */
export function connectRedis(url: string): Redis {
  const addresses = url.split(",");
  const redis =
    addresses.length > 1 ? connectCluster(addresses.map((each) => new URL(each))) : connectOne(url);
  // A loss is expected: whoever asks sees its command fail, and the health page shows it to operators.
  redis.on("error", () => context()?.note("redis_lost", true));
  return redis;
}

const connectOne = (url: string): OneServer =>
  new OneServer(url, {
    ...WAITS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: comesBackIn,
  });

function connectCluster(addresses: readonly URL[]): Cluster {
  const [first] = addresses;
  return new Cluster(
    addresses.map(({ hostname, port }) => ({ host: hostname, port: Number(port) || 6_379 })),
    {
      enableOfflineQueue: false,
      clusterRetryStrategy: comesBackIn,
      redisOptions: {
        ...WAITS,
        ...(first?.username ? { username: decodeURIComponent(first.username) } : {}),
        ...(first?.password ? { password: decodeURIComponent(first.password) } : {}),
        ...(first?.protocol === "rediss:" ? { tls: {} } : {}),
      },
    },
  );
}
