/** A hub, and a cache, on a bus of its own, for tests that build their modules without the whole server. */
import { createBus, type Bus } from "../../server/platform/bus/index.ts";
import { createCache, type Cache } from "../../server/platform/cache/index.ts";
import type { Db } from "../../server/platform/db/index.ts";
import { createHub, type Hub } from "../../server/platform/realtime/index.ts";
import { createLogger } from "../../server/platform/telemetry/index.ts";

export type TestHub = Omit<Hub, "close"> & {
  readonly bus: Bus;
  readonly cache: Cache;
  close(): Promise<void>;
};

export function startHub(db: Db, directUrl: string): TestHub {
  const bus = createBus({ db, directUrl, logger: createLogger("silent") });
  const hub = createHub(bus);
  const cache = createCache({ bus });
  return {
    bus,
    cache,
    publish: (...event) => hub.publish(...event),
    subscribe: (...reader) => hub.subscribe(...reader),
    get pages() {
      return hub.pages;
    },
    async close() {
      hub.close();
      await cache.close();
      await bus.close();
    },
  };
}
