import assert from "node:assert/strict";
import type { Service } from "./ports/service.ts";
import { ServiceTable } from "./service_table.ts";

const service = (): Service => ({ kind: "unknown", serve() {} });

Deno.test("a registered name finds its service and every other name the one for the rest", () => {
  const rooms = service();
  const ping = service();
  const table = new ServiceTable(rooms);
  table.register("ping", ping);
  assert.equal(table.find("ping"), ping);
  assert.equal(table.find("pings"), rooms);
  assert.equal(table.find("__proto__"), rooms);
});

Deno.test("registering a name twice, or one that no client can ask for, is a mistake of ours", () => {
  const table = new ServiceTable(service());
  table.register("version", service());
  assert.throws(() => table.register("version", service()), TypeError);
  assert.throws(() => table.register("Version", service()), TypeError);
});

Deno.test("a prefix finds its service for every name that is not registered itself", () => {
  const [rooms, calls, special] = [service(), service(), service()];
  const table = new ServiceTable(rooms);
  table.registerPrefix("call-", calls);
  table.register("call-me", special);
  assert.equal(table.find("call-abc"), calls);
  assert.equal(table.find("call-me"), special);
  assert.equal(table.find("call"), rooms);
});
