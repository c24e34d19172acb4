import assert from "node:assert/strict";
import fc from "fast-check";
import { NameIndex } from "./name_index.ts";
import { NameList } from "./name_list.ts";

Deno.test("a list has as much room after names left as before they came", () => {
  const list = new NameList();
  const names = Array.from({ length: 20_000 }, (_, n) => `${n}`.padEnd(100, "."));
  const fill = () => names.filter((name) => list.add(name, 1e6)).length;
  const fitting = fill();
  assert.ok(fitting > 9_000 && fitting < 10_000);
  assert.equal(fill(), 0);
  for (const name of names) list.delete(name);
  assert.equal(list.size, 0);
  assert.equal(fill(), fitting);
});

Deno.test("the index agrees with one list of names per relay, whatever happens in which order", () => {
  const relay = fc.constantFrom("A", "B", "C");
  const names = fc.array(fc.constantFrom<string[]>("p", "q", "r", "s", "t"), { maxLength: 5 });
  const step = fc.record({
    do: fc.constantFrom("add" as const, "remove" as const, "replace" as const, "forget" as const),
    relay,
    names,
  });
  const most = 4;
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    const index = new NameIndex();
    /** What is said, in order; relays come in the order in which they began to name somebody. */
    let model: { relay: string; name: string }[] = [];
    const of = (relay: string) => model.filter((it) => it.relay === relay).map((it) => it.name);
    const add = (relay: string, names: string[]) => {
      for (const name of names) {
        if (of(relay).length < most && !of(relay).includes(name)) model.push({ relay, name });
      }
    };
    for (const { do: what, relay, names } of steps) {
      if (what === "forget") index.forget(relay);
      else if (what === "remove") index.remove(relay, names);
      else index[what](relay, names, most);
      const stays = (name: string) =>
        what === "add" || (what !== "forget" && names.includes(name) === (what === "replace"));
      model = model.filter((it) => it.relay !== relay || stays(it.name));
      if (what === "add" || what === "replace") add(relay, names);
      assert.equal(index.size, model.length);
      for (const relay of ["A", "B", "C"]) assert.deepEqual([...index.names(relay)], of(relay));
      for (const name of ["p", "q", "r", "s", "t"]) {
        const expected = model.filter((it) => it.name === name).map((it) => it.relay);
        const relays = index.relaysOf(name);
        assert.deepEqual([...relays], expected);
        // Nobody's name leaves nothing behind.
        assert.equal(relays instanceof Set, expected.length > 0);
      }
    }
  }));
});
