import assert from "node:assert/strict";
import { isRegistryRequest } from "./paths.ts";

const KEY = "0123456789abcdef".repeat(4);

Deno.test("relays and parties are asked for by exactly these methods and paths", () => {
  for (
    const request of [
      "GET /relays",
      "HEAD /relays",
      "GET /relays/eu-north",
      "GET /relays/eu%20north",
      "POST /relays",
      `DELETE /relays/${KEY}`,
      "POST /parties",
      "DELETE /parties/p1",
      "POST /parties/p1/join",
      "GET /parties/p1/peers",
      "POST /parties/p1/peers/x_-2/heartbeat",
      "POST /parties/p1/peers/x/leave",
    ]
  ) {
    const [method, path] = request.split(" ");
    assert(isRegistryRequest(method!, path!), request);
  }
});

Deno.test("nothing that begins like them, ends like them or is written otherwise is one of them", () => {
  for (
    const request of [
      "GET /parties",
      "HEAD /parties",
      "GET /parties/",
      "GET /parties/p1",
      "POST /parties/p1",
      "GET /parties/p1/join",
      "GET /parties/p1/peers/x",
      "DELETE /parties/p1/peers/x",
      "POST /parties/p1/peers/x/kick",
      "POST /parties/p1/peers/x/leave/",
      "POST /parties/p%31/join",
      "POST /parties/p1/join/x",
      "POST /parties/p1/joined",
      "POST /x/parties/p1/join",
      "GET /parties/p1/peers/",
      "POST /parties/p1/peers/x/heartbeat/x",
      "DELETE /parties/p1/",
      "POST /%70arties",
      "GET /%72elays",
      "GET /Relays",
      "GET /relays/",
      "GET /relays//",
      "GET /relays/a/b",
      "GET /relaysx",
      "GET /relays.json",
      "GET /x/relays",
      "GET /relays/a\n",
      "PUT /relays",
      "PATCH /relays",
      "OPTIONS /relays",
      "get /relays",
      "DELETE /relays",
      `DELETE /relays/${KEY}/x`,
      `DELETE /relays/${"a".repeat(129)}`,
      "POST /relays/eu",
      "GET /api/v1/relays",
      "POST /api/v1/drain",
      "GET /",
      "GET ",
    ]
  ) {
    const at = request.indexOf(" ");
    assert(!isRegistryRequest(request.slice(0, at), request.slice(at + 1)), request);
  }
});
