/** The worker of the UDP relay: the sockets, the forwarder, and a picture of both once a second. */
import { reasonOf } from "../relay/ports/start_error.ts";
import { Forwarder } from "./forwarder.ts";
import { Sockets } from "./sockets.ts";
import type { FromWorker, ToWorker } from "./worker_messages.ts";

const VIEW_MS = 1_000;

interface Port {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker): void;
  close(): void;
}
const port = globalThis as unknown as Port;

let forwarder: Forwarder | null = null;
let sockets: Sockets | null = null;

port.onmessage = ({ data }) => {
  const now = performance.now();
  switch (data.type) {
    case "open":
      return open(data);
    case "groups":
      return forwarder?.groups(data.origin, data.groups, now);
    case "block":
      return forwarder?.block(data.ip, data.ms, now);
    case "unblock":
      return void forwarder?.unblock(data.ip);
    case "close":
      sockets?.close();
      port.postMessage({ type: "closed" });
      port.close();
  }
};
port.postMessage({ type: "ready" });

function open({ listen, settings }: Extract<ToWorker, { type: "open" }>): void {
  try {
    sockets = Sockets.open(listen);
  } catch (error) {
    const inUse = error instanceof Deno.errors.AddrInUse;
    return port.postMessage({ type: "refused", inUse, reason: reasonOf(error) });
  }
  const { groups, maxPeers, packetsPerSecond, kbitPerSecond } = settings;
  const began = performance.now();
  const rule = new Forwarder(
    { maxPeers, packetsPerSecond, bytesPerSecond: kbitPerSecond * 125 },
    began,
  );
  rule.groups("own", groups, began);
  forwarder = rule;
  const { addresses } = sockets;
  const show = () => {
    const now = performance.now();
    rule.sweep(now);
    port.postMessage({ type: "view", view: rule.view(addresses[0]!, now, Date.now()) });
  };
  port.postMessage({ type: "open", listening: addresses });
  show();
  setInterval(show, VIEW_MS);
  // A socket that fails for good ends this worker, which is then started again.
  void sockets.run(rule);
}
