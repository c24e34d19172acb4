/** A peer relay that stands still, as if its machine were: the others do not feel it. */
import { meshTest } from "./mesh_test_case.ts";
import { everybodySees } from "./mesh_rig.ts";
import { conversation, Talk } from "./talk.ts";
import { star } from "./topology.ts";
import { limitOf } from "./within.ts";

meshTest(
  "a peer relay that is stopped costs people on the relay and other links not one packet, and is back when it goes on",
  { size: 3, edges: star(3) },
  async (mesh) => {
    const [ann, local, far] = [await mesh.join(0), await mesh.join(0), await mesh.join(2)];
    const still = await mesh.join(1);
    const moving = [ann, local, far];
    await everybodySees([...moving, still]);
    const talk = await Talk.begin(ann.client);
    await talk.isHeard(still.client, 10, 60_000);
    mesh.node(1).relay.signal("SIGSTOP");
    try {
      // It is taken for dead while they speak, and they are told so.
      await everybodySees(moving, limitOf("ghosts"));
      await talk.until(talk.sent.length + 50);
      talk.stop();
      await talk.reached(local.client);
      await talk.reached(far.client);
      await conversation(moving.map(({ client }) => client), 20);
    } finally {
      mesh.node(1).relay.signal("SIGCONT");
    }
    // Who waited there is still there: it stood still for less than the time after which connections end.
    await everybodySees([...moving, still]);
    await conversation([...moving, still].map(({ client }) => client), 20);
  },
);
