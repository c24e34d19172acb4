/** What the HTTP server can have done and shown besides the views of rooms, calls and mesh. */
import type { AdminServices } from "./admin_host.ts";
import type { OperateOutcome, Tail } from "./ports/admin.ts";

const NOT_YET: OperateOutcome = { ok: false, detail: "This relay cannot do that" };

/** Sessions, tails and operations of a relay that keeps none. */
export const noAdminServices: AdminServices = {
  sessions: () => [],
  logTail: emptyTail(),
  eventTail: emptyTail(),
  operations: {
    drain: () => NOT_YET,
    reload: () => Promise.resolve(NOT_YET),
    setLogLevel: () => NOT_YET,
    kick: () => NOT_YET,
    closeLink: () => NOT_YET,
  },
};

function emptyTail<Item>(): Tail<Item> {
  return { since: () => ({ items: [], skipped: 0 }), onNew: () => () => {} };
}
