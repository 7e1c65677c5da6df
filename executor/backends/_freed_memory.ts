/**
 * What is freed of the memory of large buffers. Threads copy and move them, so that much is freed in bursts, whenever V8
 * collects; glibc gives it back to the system then, and fetches fresh pages for the next ones, which takes longer than to
 * fill them.
 *
 * @module
 */
import { isGranted } from "../../profiler/granted.ts";

const GLIBC = "libc.so.6";
const M_TRIM_THRESHOLD = -1;
const M_MMAP_THRESHOLD = -3;
/** Bytes that glibc keeps at the end of its memory for the next buffers: a few dozens of large ones. */
const KEPT = 256 * 2 ** 20;
/** What it keeps by itself where many blocks of the size below were freed. */
const USUAL = 64 * 2 ** 20;
/** Blocks of so many bytes or more have pages of their own, which are given back in any case; it may not be more. */
const OWN_PAGES = 32 * 2 ** 20;

let holders = 0;

/** Has glibc keep what is freed in this process, until all who asked for it have disposed of what they got. */
export function keepFreedMemory(): Disposable {
  if (holders++ === 0) keep();
  let isHeld = true;
  return {
    [Symbol.dispose]() {
      if (isHeld && --holders === 0) giveBack();
      isHeld = false;
    },
  };
}

function keep(): void {
  withLibrary(({ mallopt }) => {
    mallopt(M_MMAP_THRESHOLD, OWN_PAGES);
    mallopt(M_TRIM_THRESHOLD, KEPT);
  });
}

function giveBack(): void {
  withLibrary(({ mallopt, malloc_trim }) => {
    mallopt(M_TRIM_THRESHOLD, USUAL);
    malloc_trim(0n);
  });
}

/** Does nothing where the C library is another one, or may not be loaded. */
function withLibrary(use: (symbols: Symbols) => void): void {
  if (Deno.build.os !== "linux" || !isGranted({ name: "ffi", path: GLIBC })) {
    return;
  }
  try {
    const library = open();
    use(library.symbols);
    library.close();
  } catch {
    // Another library does as it likes.
  }
}

type Symbols = ReturnType<typeof open>["symbols"];

function open() {
  return Deno.dlopen(GLIBC, {
    mallopt: { parameters: ["i32", "i32"], result: "i32" },
    malloc_trim: { parameters: ["usize"], result: "i32" },
  });
}
