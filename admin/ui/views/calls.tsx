/** Direct calls as a live list. */
import { useSignal } from "@preact/signals";
import { Fingerprint } from "../parts/names.tsx";
import { Search } from "../parts/search.tsx";
import { Empty, Loading } from "../parts/states.tsx";
import { Table } from "../parts/table.tsx";
import { Since } from "../parts/time.tsx";
import { count, NONE } from "../model/format.ts";
import { matches } from "../model/listing.ts";
import { href } from "../route.ts";
import { calls, rooms } from "../store.ts";

export function CallsView() {
  const query = useSignal("");
  const all = calls.value;
  if (all === null) return <Loading what="the calls" />;
  const shown = all.filter((call) =>
    matches(query.value, [call.id, call.caller, call.callee, call.state])
  );
  const roomOf = (id: string) => rooms.value?.find(({ name }) => name === `call-${id}`);
  return (
    <section class="list" aria-label="Calls">
      <div class="bar">
        <Search query={query} label="Search calls" />
        <p class="soft count">
          {query.value === "" ? count(all.length, "call") : `${shown.length} of ${all.length}`}
        </p>
      </div>
      {all.length === 0
        ? (
          <Empty title="No call at present">
            <p>Direct calls between registered clients appear here from the first ring.</p>
          </Empty>
        )
        : shown.length === 0
        ? <Empty title="No call fits this search" />
        : (
          <Table
            caption="Direct calls"
            items={shown}
            keyOf={({ id }) => id}
            first={{ column: "offered", down: true }}
            columns={[
              {
                id: "state",
                title: "State",
                value: ({ state }) => state,
                show: ({ state }) => <span class={`call-state ${state}`}>{state}</span>,
              },
              {
                id: "caller",
                title: "Caller",
                kind: "code",
                value: ({ caller }) => caller,
                show: ({ caller }) => <Fingerprint value={caller} />,
              },
              {
                id: "callee",
                title: "Callee",
                kind: "code",
                value: ({ callee }) => callee,
                show: ({ callee }) => <Fingerprint value={callee} />,
              },
              {
                id: "offered",
                title: "Offered",
                kind: "number",
                minor: true,
                value: ({ offeredAt }) => offeredAt,
                show: ({ offeredAt }) => (
                  <>
                    <Since at={offeredAt} /> ago
                  </>
                ),
              },
              {
                id: "talking",
                title: "Talking for",
                kind: "number",
                value: ({ acceptedAt }) => acceptedAt,
                show: ({ acceptedAt }) => acceptedAt === null ? NONE : <Since at={acceptedAt} />,
              },
              {
                id: "room",
                title: "Room",
                value: ({ id }) => roomOf(id)?.participants ?? null,
                show: ({ id }) => {
                  const room = roomOf(id);
                  if (room === undefined) return NONE;
                  return (
                    <a href={href("rooms", room.name)}>
                      {count(room.participants + room.remote, "participant")}
                    </a>
                  );
                },
              },
              { id: "id", title: "Call id", kind: "code", minor: true, value: ({ id }) => id },
            ]}
          />
        )}
    </section>
  );
}
