/** The parties of a registry: WireGuard peers that find each other there. Their tokens are nowhere on the page. */
import { get } from "../api.ts";
import { count, duration } from "../model/format.ts";
import type { Page, RegisteredParty } from "../model/shapes.ts";
import { useLoaded } from "../parts/loaded.ts";
import { PAGE, Pages, placeOf, usePlaces } from "../parts/pages.tsx";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { type Column, Table } from "../parts/table.tsx";

const REFRESH_MS = 5_000;

export function Parties() {
  const places = usePlaces();
  const at = placeOf(places);
  const { state, load } = useLoaded(
    () => get<Page<RegisteredParty>>("registry/parties", { limit: PAGE, after: at }),
    String(at),
    REFRESH_MS,
  );
  const loaded = state.value;
  const page = loaded.state === "ready" ? loaded.value : null;
  return (
    <section aria-labelledby="parties">
      <div class="bar">
        <h2 id="parties">Parties</h2>
        {page !== null && page.total > 0 && (
          <p class="soft count">{count(page.total, "party", "parties")}</p>
        )}
      </div>
      {loaded.state === "loading" && <Loading what="the parties" />}
      {loaded.state === "failed" && <Failed sentence={loaded.sentence} retry={load} />}
      {page !== null && (page.items.length === 0
        ? (
          <Empty title="There is no party">
            <p>
              A party is made with{" "}
              <code>POST /parties</code>, for WireGuard peers to find each other. It is gone five
              minutes after its last peer.
            </p>
          </Empty>
        )
        : (
          <Table
            caption="Parties"
            items={page.items}
            keyOf={({ party }) => party}
            first={{ column: "peers", down: true }}
            columns={COLUMNS}
          />
        ))}
      {page !== null && <Pages page={page} places={places} of="parties" />}
    </section>
  );
}

const COLUMNS: readonly Column<RegisteredParty>[] = [
  {
    id: "name",
    title: "Party",
    value: ({ name }) => name,
    show: ({ name }) =>
      name === null ? <span class="soft">no name</span> : (
        <span class="person">
          <bdi>{name}</bdi>
        </span>
      ),
  },
  { id: "peers", title: "Peers", kind: "number", value: ({ peers }) => peers },
  {
    id: "age",
    title: "Heard",
    kind: "number",
    value: ({ ageMs }) => ageMs,
    show: ({ ageMs }) => `${duration(ageMs / 1_000)} ago`,
  },
  { id: "party", title: "Id", kind: "code", minor: true, value: ({ party }) => party },
];
