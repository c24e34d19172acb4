/** What the HTTP server can have done and shown besides the views of rooms, calls and mesh. */
import type { AdminServices } from "./admin_host.ts";
import type { Logger } from "./log/logger.ts";
import { type OperationParts, relayOperations } from "./operations.ts";
import type { RecentEvents } from "./recent_events.ts";

interface AdminServiceParts extends OperationParts {
  readonly log: Logger;
  readonly events: RecentEvents;
  readonly fault: (error: unknown) => void;
}

export function adminServices(parts: AdminServiceParts): AdminServices {
  const { log, events, fault } = parts;
  return {
    fault,
    logTail: log.tail,
    eventTail: events,
    audit: (message, fields) => {
      log.record("http", message, fields);
      events.operation(message, fields);
    },
    operations: relayOperations(parts),
  };
}
