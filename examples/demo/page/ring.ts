/** A point, or a size, in CSS pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where the cards of a swarm stand. */
export interface Ring {
  readonly centre: Point;
  readonly radius: Point;
  readonly cardWidth: number;
  /** Centres of the cards, in the order given. */
  readonly places: readonly Point[];
}

/** What a card has below its picture, pixels. */
const WORDS_HEIGHT = 58;
const MARGIN = 14;
/** Words stand below the ring, pixels. */
const FOOT_HEIGHT = 26;
const WIDEST = 264;
const NARROWEST = 104;

/** Stands cards on an ellipse, from the bottom over the left to the right, as large as they can be. */
export function ringOf(count: number, width: number, stageHeight: number): Ring {
  const height = stageHeight - FOOT_HEIGHT;
  const centre = { x: width / 2, y: height / 2 };
  const around = Math.PI * (width * 0.36 + height * 0.34);
  const fitting = Math.min(width * 0.235, height * 0.29, (around / Math.max(4, count)) * 0.78);
  const cardWidth = Math.round(Math.max(NARROWEST, Math.min(WIDEST, fitting)));
  const cardHeight = (cardWidth * 9) / 16 + WORDS_HEIGHT;
  const radius = {
    x: Math.max(cardWidth * 0.6, width / 2 - cardWidth / 2 - MARGIN),
    y: Math.max(cardHeight * 0.6, height / 2 - cardHeight / 2 - MARGIN),
  };
  const places = Array.from({ length: count }, (_, at) => {
    const angle = angleOf(at + 0.5, count);
    return { x: centre.x + radius.x * Math.cos(angle), y: centre.y + radius.y * Math.sin(angle) };
  });
  return { centre, radius, cardWidth, places };
}

/** Angle of the nth of `count` steps round the ring, radians; 0 is the bottom. */
export function angleOf(step: number, count: number): number {
  return Math.PI / 2 + (2 * Math.PI * step) / Math.max(1, count);
}
