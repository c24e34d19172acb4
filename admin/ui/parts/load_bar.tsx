/** A share of a whole: as a bar for the eye and as a number for everybody. */

export interface LoadBarProps {
  /** Between 0 and 100. */
  readonly pct: number;
  readonly text: string;
  /** What it is a share of. */
  readonly title: string;
}

const WIDTH = 100;
const HEIGHT = 10;

export function LoadBar({ pct, text, title }: LoadBarProps) {
  return (
    <span class="load" title={title}>
      <svg
        aria-hidden="true"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
      >
        <rect class="load-whole" width={WIDTH} height={HEIGHT} />
        <rect class="load-part" width={pct * WIDTH / 100} height={HEIGHT} />
      </svg>
      <span class="load-text">{text}</span>
      <span class="unseen">: {title}</span>
    </span>
  );
}
