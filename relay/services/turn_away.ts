/** Answers names that this relay has nothing for. */
import type { Service } from "../ports/service.ts";

/** A service that closes at once with `reason`. */
export function turnAway(reason: string): Service {
  return {
    kind: "unknown",
    serve({ id, connection, log, name }) {
      log.info("connection turned away", { conn: id, name, reason });
      connection.close(0, reason);
    },
  };
}
