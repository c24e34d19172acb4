/** Keeps requests that arrive all at once from being begun all at once, for which all others would wait. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { begun, turn } from "./turn.ts";

/** A request can be as short as 18 bytes, and the parser needs about 0.05 ms for each. */
const SLICE_BYTES = 512;
/** Slices that take less share a turn: thousands of relays beat here, and a turn takes a millisecond or two. */
const MS_PER_TURN = 0.2;

export type OnRequest = (request: IncomingMessage, response: ServerResponse) => void;

export class Pace {
  /** Each connection has one slice here at most, so all get their share. */
  readonly #waiting: (() => void)[] = [];
  #busy = false;
  readonly #answering = new WeakMap<Socket, ServerResponse>();
  /** They get the answer that is due and no other. */
  readonly #ending = new WeakSet<Socket>();

  /** Lets `serve` attach its parser to a new connection, which then gets what comes in slices, in turn with others. */
  meter(socket: Socket, serve: () => void): void {
    // Otherwise the parser reads whole buffers of 64 KB by itself, past every listener.
    const { _handle: handle } = socket as { _handle?: { _consumed?: boolean } };
    if (handle) handle._consumed = true;
    serve();
    const parsers = socket.listeners("data") as ((data: Uint8Array) => void)[];
    socket.removeAllListeners("data");
    const chunks: Uint8Array[] = [];
    const step = () => {
      const chunk = chunks[0]!;
      if (socket.destroyed || this.#ending.has(socket)) return;
      for (const parse of parsers) parse.call(socket, chunk.subarray(0, SLICE_BYTES));
      if (chunk.length > SLICE_BYTES) chunks[0] = chunk.subarray(SLICE_BYTES);
      else chunks.shift();
      if (chunks.length > 0) this.#inTurn(step);
      else if (!this.#ending.has(socket)) socket.resume();
    };
    socket.on("data", (chunk: Uint8Array) => {
      socket.pause();
      if (chunks.push(chunk) === 1) this.#inTurn(step);
    });
  }

  /**
   * A request that comes before the one before it is answered is not looked at: the connection ends with that answer,
   * and its sender may ask again.
   */
  oneAtATime(onRequest: OnRequest): OnRequest {
    return (request, response) => {
      const { socket } = request;
      const before = this.#answering.get(socket);
      // A sender may have the whole answer, and ask again, before Node says that it is sent.
      if (before === undefined || before.writableEnded) {
        this.#answering.set(socket, response);
        onRequest(request, response);
      } else if (!this.#ending.has(socket)) {
        this.#ending.add(socket);
        socket.pause();
        if (!before.headersSent) before.setHeader("connection", "close");
        before.once("close", () => socket.destroySoon());
      }
    };
  }

  #inTurn(step: () => void): void {
    this.#waiting.push(step);
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    let began = performance.now();
    for (let step = this.#waiting.shift(); step !== undefined; step = this.#waiting.shift()) {
      step();
      // Whatever the slice began counts too.
      await begun();
      if (performance.now() - began < MS_PER_TURN) continue;
      await turn();
      began = performance.now();
    }
    this.#busy = false;
  }
}
