/** A relay and the thread of HTTP as tests have them: what they say to each other is copied, but nothing is started. */
import type { AdminHost } from "../../relay/ports/admin.ts";
import { Desk } from "./desk.ts";
import type { FromDesk, ToDesk } from "./messages.ts";
import { Mirror } from "./mirror.ts";

export class TestingThread {
  readonly mirror: Mirror;
  readonly desk: Desk;
  readonly orders: ToDesk[] = [];
  readonly answers: FromDesk[] = [];

  constructor(host: AdminHost) {
    const { build, tlsFingerprint, startedAt, quicPort, registry } = host;
    this.mirror = new Mirror({
      clock: host.clock,
      facts: { build, tlsFingerprint, startedAt, quicPort, isRegistry: registry !== null },
      settings: host.settings,
      post: (message) => {
        const order = structuredClone(message) as ToDesk;
        this.orders.push(order);
        queueMicrotask(() => this.desk.take(order));
      },
    });
    this.desk = new Desk(host, (message) => {
      const answer = structuredClone(message);
      this.answers.push(answer);
      queueMicrotask(() => this.mirror.take(answer));
    });
  }
}
