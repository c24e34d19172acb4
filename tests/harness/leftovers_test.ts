/** Only processes with the mark of this run are ended. */
import assert from "node:assert/strict";
import { endLeftovers, MARK } from "./leftovers.ts";

Deno.test({
  name: "a process left behind is ended, one of another run is not",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const mark = crypto.randomUUID();
    const sleep = (value: string) =>
      new Deno.Command("/usr/bin/sleep", { args: ["600"], env: { [MARK]: value } }).spawn();
    const ours = sleep(mark);
    const other = sleep(`${mark}x`);
    try {
      assert.deepEqual(await endLeftovers(mark), [`${ours.pid} (/usr/bin/sleep 600)`]);
      assert.equal((await ours.status).signal, "SIGKILL");
      assert.deepEqual(await endLeftovers(mark), []);
    } finally {
      other.kill("SIGTERM");
    }
    assert.equal((await other.status).signal, "SIGTERM");
  },
});
