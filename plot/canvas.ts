/**
 * A canvas to draw on: the only file that names the canvas packages. skia-canvas is tried first; where it cannot be
 * had, `@napi-rs/canvas` takes its place. Either is loaded when the first picture is drawn.
 *
 * @module
 */
import { FONT_FILES } from "./font.ts";

/** What a picture is written as. */
export type PlotFormat = "png" | "svg" | "pdf";

/** A canvas of one picture. */
export interface Surface {
  /** What a drawing library takes: an object with `width`, `height` and `getContext("2d")`. */
  canvas: unknown;
  /** The picture as it is now, in the format that the surface was made for. */
  bytes(): Promise<Uint8Array>;
}

/** Makes a surface; `width` and `height` are in pixels of the picture. */
export type MakeSurface = (
  width: number,
  height: number,
  format: PlotFormat,
) => Surface;

let loading: Promise<MakeSurface> | undefined;

/**
 * Loads a canvas package and its letters, once a process.
 *
 * @throws {Error} If neither package loads; `cause` holds what each of them threw.
 */
export function loadCanvas(): Promise<MakeSurface> {
  return loading ??= loadFirst();
}

async function loadFirst(): Promise<MakeSurface> {
  const errors: unknown[] = [];
  for (const load of [loadSkia, loadNapi]) {
    try {
      return await load();
    } catch (error) {
      errors.push(error);
    }
  }
  loading = undefined; // a later try may find what this one missed
  throw new Error(
    'Cannot draw plots as a canvas package must load: neither "npm:skia-canvas@4.0.0-rc1" nor ' +
      '"npm:@napi-rs/canvas@1.0.11" does (they need --allow-all, and the npm registry the first time)',
    { cause: new AggregateError(errors, errors.map(String).join("; ")) },
  );
}

async function loadSkia(): Promise<MakeSurface> {
  hushFontconfig();
  const { Canvas, FontLibrary } = await import("npm:skia-canvas@4.0.0-rc1");
  await withFontFiles((paths) => FontLibrary.use("Inter", paths));
  return (width, height, format) => {
    const canvas = new Canvas(width, height, { gpu: false });
    return {
      canvas,
      bytes: () => canvas.toBuffer(format, { outline: true }),
    };
  };
}

async function loadNapi(): Promise<MakeSurface> {
  const { createCanvas, GlobalFonts, PDFDocument, SvgExportFlag } =
    await import("npm:@napi-rs/canvas@1.0.11");
  await withFontFiles((paths) => {
    for (const path of paths) GlobalFonts.registerFromPath(path, "Inter");
  });
  return (width, height, format) => {
    if (format === "svg") {
      const canvas = createCanvas(
        width,
        height,
        SvgExportFlag.ConvertTextToPaths,
      );
      return { canvas, bytes: () => Promise.resolve(canvas.getContent()) };
    }
    if (format === "png") {
      const canvas = createCanvas(width, height);
      return { canvas, bytes: () => canvas.encode("png") };
    }
    const document = new PDFDocument();
    const context = document.beginPage(width, height);
    const canvas = { width, height, getContext: () => context };
    Object.defineProperty(context, "canvas", { value: canvas });
    return {
      canvas,
      bytes: () => {
        document.endPage();
        return Promise.resolve(document.close());
      },
    };
  };
}

/**
 * skia-canvas brings Fontconfig, which looks for the fonts of the machine and complains on stderr where there is no
 * configuration for it, as in a slim container. A folder is taken for a configuration of the files in it, and there is
 * none in the root; what is drawn is the same, as the letters come from here.
 */
function hushFontconfig(): void {
  if (Deno.build.os !== "linux" || Deno.env.has("FONTCONFIG_FILE")) return;
  try {
    Deno.statSync("/etc/fonts/fonts.conf");
  } catch {
    Deno.env.set("FONTCONFIG_FILE", "/");
  }
}

/** Both packages take fonts as files only, and read them at once. */
async function withFontFiles(use: (paths: string[]) => void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lithoscope-font-" });
  try {
    const paths = FONT_FILES.map(({ name }) => `${folder}/${name}`);
    for (const [i, { base64 }] of FONT_FILES.entries()) {
      await Deno.writeFile(paths[i]!, Uint8Array.fromBase64(base64));
    }
    use(paths);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
