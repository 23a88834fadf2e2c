/** A canvas to draw on in CSS pixels, sharp on any screen. */
export interface Paper {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
}

/** Fits a canvas' bitmap to its size on the page and wipes it; null while it has no size. */
export function cleanPaper(canvas: HTMLCanvasElement): Paper | null {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext("2d");
  if (!context || width === 0 || height === 0) return null;
  const scale = Math.min(2, window.devicePixelRatio || 1);
  const [pixelWidth, pixelHeight] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== pixelWidth || canvas.height !== pixelHeight) {
    canvas.width = pixelWidth;
    canvas.height = pixelHeight;
  }
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/** The page's colours by source: the CDN first, then one for each network. */
export function sourceColours(networks: number): readonly string[] {
  const style = getComputedStyle(document.documentElement);
  const names = ["--cdn", ...Array.from({ length: networks }, (_, at) => `--network-${at}`)];
  return names.map((name) => style.getPropertyValue(name).trim());
}
