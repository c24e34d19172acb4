/** Small drawings, made of lines so that they take the colour of the text. */

const PATHS = {
  /** The mark of the console: three relays, linked. */
  mark: "M5 17 12 6l7 11M5 17h14",
  copy: "M8 8V5h11v11h-3M5 8h11v11H5z",
  pause: "M8 5v14M16 5v14",
  play: "M7 5l12 7-12 7z",
  close: "M6 6l12 12M18 6L6 18",
  search: "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.5 15.5L20 20",
  key: "M8 11a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM11 12l8-8M15 8l3 3",
  save: "M12 4v11M7 11l5 5 5-5M5 20h14",
  stop: "M6 6h12v12H6z",
} as const;

export type IconName = keyof typeof PATHS;

/** Never says anything by itself: the text beside it or the label of its button does. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
      {name === "mark" && (
        <>
          <circle cx="5" cy="17" r="3" />
          <circle cx="12" cy="6" r="3" />
          <circle cx="19" cy="17" r="3" />
        </>
      )}
    </svg>
  );
}
