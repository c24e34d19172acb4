import assert from "node:assert/strict";
import { QuicError } from "../errors.ts";
import { handshakeFailure } from "./failures.ts";

Deno.test("whatever a peer gives as its reason, its close is the peer's doing and not wrong use", () => {
  for (
    const reason of ["invalid server name", "invalid peer certificate", "timed out", "aborted"]
  ) {
    for (const who of ["aborted by peer", "closed by peer"]) {
      const failure = handshakeFailure(new Error(`${who}: no error: ${reason}`));
      assert.ok(failure instanceof QuicError, `${who}: ${reason}`);
      assert.equal(failure.code, "handshake_failed", `${who}: ${reason}`);
    }
  }
});
