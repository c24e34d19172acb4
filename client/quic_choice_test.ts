import assert from "node:assert/strict";
import { ClientError } from "./errors.ts";
import { transportNamed } from "./quic_choice.ts";

Deno.test("without a word about it Deno's QUIC carries the tool", () => {
  assert.equal(transportNamed("deno").name, "deno");
});

Deno.test({
  name: "a QUIC library that cannot be loaded is told with the way out",
  permissions: { ffi: false },
  async fn() {
    await assert.rejects(
      transportNamed("matrixai").open({ ip: "127.0.0.1", port: 0 }),
      (error) =>
        error instanceof ClientError && error.code === "unsupported" &&
        /works from source only.*deno task client --quic matrixai/.test(error.message),
    );
  },
});
