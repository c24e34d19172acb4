/** Who watches rooms. Separate lists, so that the media path asks only those who want to see packets. */
import type { RoomObserver } from "../ports/room_observer.ts";

export class Observers {
  // New lists on every change: an observer may come or go while one is being walked through.
  all: readonly RoomObserver[] = [];
  /** Those that see every packet. */
  ofPackets: readonly RoomObserver[] = [];
  /** Those that know of receivers elsewhere. */
  ofBeyond: readonly RoomObserver[] = [];
  /** Those that want to know when a packet has been handed to everybody. */
  ofForwards: readonly RoomObserver[] = [];
  /** Those that see every drop. */
  ofDrops: readonly RoomObserver[] = [];

  /** Call the answer to stop watching. */
  add(observer: RoomObserver): () => void {
    this.#set([...this.all, observer]);
    return () => this.#set(this.all.filter((other) => other !== observer));
  }

  #set(all: readonly RoomObserver[]): void {
    this.all = all;
    this.ofPackets = all.filter((observer) => observer.packet !== undefined);
    this.ofBeyond = all.filter((observer) => observer.beyond !== undefined);
    this.ofForwards = all.filter((observer) => observer.forwarded !== undefined);
    this.ofDrops = all.filter((observer) => observer.dropped !== undefined);
  }
}
