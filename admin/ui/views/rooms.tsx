/** The rooms as a live list, and who is in one of them. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Fingerprint, Person } from "../parts/names.tsx";
import { Search } from "../parts/search.tsx";
import { Empty, Loading } from "../parts/states.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { count, NONE } from "../model/format.ts";
import { matches } from "../model/listing.ts";
import type { Participant, Room } from "../model/shapes.ts";
import { href, route } from "../route.ts";
import { participants, rooms, watchedRoom } from "../store.ts";
import { Kick } from "./kick.tsx";
import { participantColumns } from "./participant_columns.tsx";

export function RoomsView() {
  const open = route.value.of;
  const query = useSignal("");
  useEffect(() => {
    watchedRoom.value = open;
    return () => void (watchedRoom.value = null);
  }, [open]);
  const all = rooms.value;
  if (all === null) return <Loading what="the rooms" />;
  const shown = all.filter(({ name }) => matches(query.value, [name]));
  return (
    <div class={open === null ? "list-only" : "list-and-detail"}>
      <section class="list" aria-label="Rooms">
        <div class="bar">
          <Search query={query} label="Search rooms" />
          <p class="soft count">
            {query.value === "" ? count(all.length, "room") : `${shown.length} of ${all.length}`}
          </p>
        </div>
        {all.length === 0
          ? (
            <Empty title="No room is open">
              <p>A room exists while somebody is in it. It appears here as soon as one joins.</p>
            </Empty>
          )
          : shown.length === 0
          ? <Empty title="No room has such a name" />
          : (
            <Table
              caption="Rooms"
              items={shown}
              keyOf={({ name }) => name}
              current={open}
              first={{ column: "participants", down: true }}
              columns={[
                {
                  id: "name",
                  title: "Room",
                  value: ({ name }) => name,
                  show: ({ name }) => (
                    <a href={href("rooms", name)}>
                      <bdi>{name}</bdi>
                    </a>
                  ),
                },
                {
                  id: "participants",
                  title: "Here",
                  kind: "number",
                  value: ({ participants }) => participants,
                },
                { id: "remote", title: "Elsewhere", kind: "number", value: ({ remote }) => remote },
                ...(open === null ? [CODEC] : []),
              ]}
            />
          )}
      </section>
      {open !== null && <RoomPanel name={open} known={all.some(({ name }) => name === open)} />}
    </div>
  );
}

/** Left out beside an open room. */
const CODEC: Column<Room> = {
  id: "codec",
  title: "Codec",
  minor: true,
  value: ({ codec }) => codec ?? NONE,
};

function RoomPanel({ name, known }: { readonly name: string; readonly known: boolean }) {
  const kicking = useSignal<Participant | null>(null);
  const inside = participants.value;
  return (
    <section class="detail-panel" aria-labelledby="room-title">
      <header class="detail-title">
        <h2 id="room-title">
          <bdi>{name}</bdi>
        </h2>
        <a class="button" href={href("tap", name)}>Tap this room</a>
        <a class="close" href={href("rooms")} aria-label="Close room">&times;</a>
      </header>
      {inside === null
        ? known ? <Loading what="who is in it" /> : <Empty title="This room is not open any more" />
        : inside.length === 0
        ? <Empty title="Nobody is in this room" />
        : (
          <Table
            caption={`Participants of ${name}`}
            items={inside}
            keyOf={({ session, fingerprint }) => session ?? fingerprint}
            columns={[
              {
                id: "alias",
                title: "Alias",
                value: ({ alias }) => alias,
                show: (one) => <Person {...one} />,
              },
              {
                id: "fingerprint",
                title: "Fingerprint",
                kind: "code",
                value: ({ fingerprint }) => fingerprint,
                show: ({ fingerprint }) => <Fingerprint value={fingerprint} />,
              },
              ...participantColumns((one) => kicking.value = one),
            ]}
          />
        )}
      {kicking.value !== null && (
        <Kick
          participant={kicking.value}
          onClose={() => kicking.value = null}
        />
      )}
    </section>
  );
}
