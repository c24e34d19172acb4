/** The door to the HTTP server: what the relay is given. It starts the thread of HTTP, and starts it again when it dies. */
import { workerUrl } from "../relay/ports/worker_source.ts";
import type { OpenAdmin } from "../relay/ports/admin.ts";
import { HttpThread, type WorkerLike } from "./thread/http_thread.ts";

export const openAdmin: OpenAdmin = (settings) => HttpThread.open(settings, startWorker);

function startWorker(): WorkerLike {
  const source = new URL("./thread/worker.ts", import.meta.url);
  return new Worker(workerUrl("http", source), { type: "module", name: "http" });
}
