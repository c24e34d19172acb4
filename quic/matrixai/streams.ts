/** All streams of one connection: ids, credit, accept order, and who waits for what. */
import type { QuicError } from "../errors.ts";
import type { BidiStream, ReceiveStream, SendStream } from "../port.ts";
import { AcceptQueue, STREAM_ID_STEP } from "./accept_queue.ts";
import type { Binding } from "./binding.ts";
import { ReceiveHalf } from "./receive_half.ts";
import { SendHalf } from "./send_half.ts";
import type { Blocked, NativeStreams, StreamOwner } from "./stream_owner.ts";

const UNI = 2;
const NO_BYTES = new Uint8Array(0);

/** Streams this side opens, of one kind: the next id and those who wait for credit. */
class Outgoing {
  readonly waiting: PromiseWithResolvers<number>[] = [];
  nextId: number;

  constructor(firstId: number) {
    this.nextId = firstId;
  }
}

export class Streams implements StreamOwner {
  readonly native: NativeStreams;
  readonly shutdown: Binding["Shutdown"];
  readonly wake: () => void;
  readonly #peer: number;
  readonly #outgoingBidi: Outgoing;
  readonly #outgoingUni: Outgoing;
  readonly #incomingBidi: AcceptQueue<BidiStream>;
  readonly #incomingUni: AcceptQueue<ReceiveStream>;
  readonly #receiving = new Map<number, ReceiveHalf>();
  readonly #blocked = new Set<Blocked>();
  /** Streams of the peer handed out because of a later one, before any packet of their own. */
  readonly #expected = new Set<number>();
  #closedError: QuicError | null = null;

  constructor(
    native: NativeStreams,
    shutdown: Binding["Shutdown"],
    side: "client" | "server",
    wake: () => void,
  ) {
    this.native = native;
    this.shutdown = shutdown;
    this.wake = wake;
    // RFC 9000 2.1: bit 0 of an id says who opened the stream, bit 1 that it goes one way.
    const own = side === "client" ? 0 : 1;
    const peer = 1 - own;
    this.#peer = peer;
    this.#outgoingBidi = new Outgoing(own);
    this.#outgoingUni = new Outgoing(own | UNI);
    this.#incomingBidi = new AcceptQueue(peer, (id) => {
      this.#expected.add(id);
      return this.#bidi(id);
    });
    this.#incomingUni = new AcceptQueue<ReceiveStream>(peer | UNI, (id) => {
      this.#expected.add(id);
      return this.#receive(id);
    });
  }

  async openBidi(): Promise<BidiStream> {
    return this.#bidi(await this.#open(this.#outgoingBidi));
  }

  async openUni(): Promise<SendStream> {
    return new SendHalf(this, await this.#open(this.#outgoingUni));
  }

  acceptBidi(): Promise<BidiStream | null> {
    return this.#incomingBidi.next();
  }

  acceptUni(): Promise<ReceiveStream | null> {
    return this.#incomingUni.next();
  }

  /** Looks at what the last packets changed: new streams, readable bytes, room to write, credit. */
  service(): void {
    for (const id of this.native.readable()) {
      if ((id & 1) === this.#peer) {
        ((id & UNI) === 0 ? this.#incomingBidi : this.#incomingUni).seen(id);
        this.#expected.delete(id);
      }
      this.#receiving.get(id)?.arrive();
    }
    for (const half of this.#blocked) {
      if (half.retry()) this.#blocked.delete(half);
    }
    this.#grant(this.#outgoingBidi);
    this.#grant(this.#outgoingUni);
  }

  /** The connection is closed: everybody who waits is told. Bytes that arrived stay readable. */
  close(error: QuicError): void {
    this.#closedError = error;
    for (const { waiting } of [this.#outgoingBidi, this.#outgoingUni]) {
      for (const opening of waiting.splice(0)) opening.reject(error);
    }
    for (const half of this.#blocked) half.fail(error);
    this.#blocked.clear();
    for (const half of [...this.#receiving.values()]) half.close(error);
    this.#incomingBidi.close();
    this.#incomingUni.close();
  }

  closedError(): QuicError | null {
    return this.#closedError;
  }

  block(half: Blocked): void {
    this.#blocked.add(half);
  }

  release(id: number): void {
    this.#receiving.delete(id);
  }

  hasArrived(id: number): boolean {
    return !this.#expected.has(id);
  }

  #bidi(id: number): BidiStream {
    return { send: new SendHalf(this, id), receive: this.#receive(id) };
  }

  #receive(id: number): ReceiveHalf {
    const half = new ReceiveHalf(this, id);
    this.#receiving.set(id, half);
    return half;
  }

  #open(outgoing: Outgoing): Promise<number> {
    const id = Promise.withResolvers<number>();
    id.promise.catch(() => {});
    if (this.#closedError !== null) id.reject(this.#closedError);
    else outgoing.waiting.push(id);
    this.#grant(outgoing);
    return id.promise;
  }

  #grant(outgoing: Outgoing): void {
    while (outgoing.waiting.length > 0) {
      const left = (outgoing.nextId & UNI) === 0
        ? this.native.peerStreamsLeftBidi()
        : this.native.peerStreamsLeftUni();
      if (left === 0) return;
      // An empty write takes the credit at once; nothing of it goes over the wire.
      this.native.streamSend(outgoing.nextId, NO_BYTES, false);
      outgoing.waiting.shift()?.resolve(outgoing.nextId);
      outgoing.nextId += STREAM_ID_STEP;
    }
  }
}
