/** Groups of several origins stand beside each other. */
import assert from "node:assert/strict";
import type { UdpGroup } from "./ports/udp_relay.ts";
import { followParties } from "./party_groups.ts";

class Origin {
  tell: (groups: readonly UdpGroup[]) => void = () => {};

  onGroups(listener: (groups: readonly UdpGroup[]) => void): () => void {
    this.tell = listener;
    return () => {};
  }
}

Deno.test("what one origin tells replaces what it told before, and nothing of the other", () => {
  const heard: string[] = [];
  const partyGroups = (groups: readonly UdpGroup[]) =>
    void heard.push(groups.map(({ name }) => name).join());
  const [a, b] = [new Origin(), new Origin()];
  followParties({ partyGroups }, [a, null, b]);
  const group = (name: string) => ({ name, keys: [] });
  a.tell([group("a1"), group("a2")]);
  b.tell([group("b")]);
  a.tell([group("a3")]);
  b.tell([]);
  assert.deepEqual(heard, ["a1,a2", "a1,a2,b", "a3,b", "a3"]);
});

Deno.test("without a UDP relay nobody is asked", () => {
  followParties(null, [{ onGroups: () => assert.fail() }]);
});
