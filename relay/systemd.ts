/** Tells systemd how the relay is doing, when it was started as a service of `Type=notify`. */
import type { Log } from "./ports/log.ts";

/** All methods resolve once the message is handed over or given up; none rejects. */
export interface ServiceManager {
  /** Serving; also said at the end of a reload. */
  ready(status?: string): Promise<void>;
  reloading(): Promise<void>;
  stopping(status?: string): Promise<void>;
  /** One line that `systemctl status` shows. */
  status(text: string): Promise<void>;
  close(): void;
}

/** The service manager that `NOTIFY_SOCKET` names; without one, every message goes nowhere. */
export function serviceManager(notifySocket: string | undefined, log: Log): ServiceManager {
  const socket = notifySocket ? new NotifySocket(notifySocket, log) : null;
  const send = (lines: string[]) => socket?.send(lines.join("\n")) ?? Promise.resolve();
  return {
    ready: (status) => send(["READY=1", ...statusLine(status)]),
    reloading: () => send(["RELOADING=1"]),
    stopping: (status) => send(["STOPPING=1", ...statusLine(status)]),
    status: (text) => send(statusLine(text)),
    close: () => socket?.close(),
  };
}

function statusLine(status: string | undefined): string[] {
  return status === undefined ? [] : [`STATUS=${status.replace(/\p{C}+/gu, " ")}`];
}

class NotifySocket {
  readonly #name: string;
  readonly #log: Log;
  #connection: Deno.DatagramConn | null = null;
  #failed = false;
  #closed = false;

  constructor(name: string, log: Log) {
    this.#name = name;
    this.#log = log;
  }

  async send(message: string): Promise<void> {
    if (this.#closed) return;
    try {
      // A datagram socket on Deno needs a name of its own; an abstract one leaves no file behind.
      this.#connection ??= Deno.listenDatagram({
        transport: "unixpacket",
        path: `\0wzp-relay/${Deno.pid}/${crypto.randomUUID()}`,
      });
      await this.#connection.send(new TextEncoder().encode(message), {
        transport: "unixpacket",
        path: pathOf(this.#name),
      });
    } catch (error) {
      if (this.#failed) return;
      this.#failed = true;
      this.#log.warn("Cannot notify the service manager", {
        socket: this.#name,
        error: error instanceof Error ? error : String(error),
      });
    }
  }

  close(): void {
    this.#closed = true;
    this.#connection?.close();
    this.#connection = null;
  }
}

/** `@name` stands for a socket in the abstract name space, whose name begins with a zero byte. */
function pathOf(name: string): string {
  if (name.startsWith("@")) return `\0${name.slice(1)}`;
  if (name.startsWith("/")) return name;
  throw new TypeError("only unix sockets are supported");
}
