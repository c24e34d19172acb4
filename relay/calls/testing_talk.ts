/** A call between somebody here and somebody at another relay, for tests. */
import type { CallNews } from "../ports/remote_calls.ts";
import { ALICE, aliceOffers, BOB, ID } from "./testing_call.ts";
import {
  answer,
  type Client,
  NO_PLACES,
  type RegisterOptions,
  Rig,
  settle,
} from "./testing_rig.ts";

/** Bob is here and talks to Alice, who is at another relay; and what that relay is told. */
export class Talk {
  readonly rig = new Rig();
  readonly told: CallNews[] = [];
  /** Whether the other relay can be asked. */
  asks = true;
  bob!: Client;

  static async begin(): Promise<Talk> {
    const talk = new Talk();
    const { rig, told } = talk;
    rig.remote = {
      canAsk: () => true,
      passes: () => false,
      offer: () => {},
      tell: (_, news) => {
        if (news.type === "CallParties" && !talk.asks) return false;
        told.push(news);
        return true;
      },
      places: NO_PLACES,
    };
    talk.bob = await rig.register(BOB);
    if (rig.service.remoteParties.offered(aliceOffers) !== null) throw new Error("No call");
    await settle();
    await talk.bob.ask(answer("AcceptGeneric"));
    talk.take();
    return talk;
  }

  /** The other relay says it. */
  async hear(news: CallNews): Promise<void> {
    this.rig.service.remoteParties.heard(ID, news);
    await settle();
  }

  /** Alice registers here. */
  alice(how: RegisterOptions = { signed: true, caps: ["adopt"] }): Promise<Client> {
    return this.rig.register(ALICE, how);
  }

  take() {
    return { bob: this.bob.take(), told: this.told.splice(0) };
  }

  get calls() {
    return this.rig.service.calls;
  }
}
