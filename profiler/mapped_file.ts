/**
 * A small file as memory that a process shares with whoever reads the file: writing to it costs no system call. Deno has
 * no call for it, so it is reached through the C library, where that may be loaded.
 *
 * @module
 */
import { isGranted } from "./granted.ts";

const LIBRARIES = [
  "libc.so.6",
  "libc.musl-x86_64.so.1",
  "libc.musl-aarch64.so.1",
];
const O_RDWR_CREAT = 0o102;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MADV_HUGEPAGE = 14;
const PAGE = 4096n;

/** The first `size` bytes of the file at `path`, which is made if need be; `null` where that cannot be had. */
export function mapFile(path: string, size: number): ArrayBuffer | null {
  const library = openLibrary();
  if (library === null) return null;
  const { symbols, close } = library;
  const file = symbols.open(
    new TextEncoder().encode(`${path}\0`),
    O_RDWR_CREAT,
    0o600,
  );
  try {
    // Not just a length: where there is no room, the first write to the memory would end the process.
    if (file < 0 || symbols.posix_fallocate(file, 0n, BigInt(size)) !== 0) {
      return null;
    }
    const place = symbols.mmap(
      null,
      BigInt(size),
      PROT_READ_WRITE,
      MAP_SHARED,
      file,
      0n,
    );
    return place === null || Deno.UnsafePointer.value(place) === MAP_FAILED
      ? null
      : Deno.UnsafePointerView.getArrayBuffer(place, size);
  } finally {
    if (file >= 0) symbols.close(file);
    close(); // The mapping stays.
  }
}

/** Gives the memory back that {@linkcode mapFile} gave: nobody may touch it any more, as that would end the process. */
export function unmapFile(memory: ArrayBuffer): void {
  const { symbols, close } = openLibrary()!;
  symbols.munmap(Deno.UnsafePointer.of(memory), BigInt(memory.byteLength));
  close();
}

/** Has fresh memory come in pages of 2 MiB, if it can be: to touch it first takes a third of the time then. */
export function useHugePages({ buffer }: Uint8Array<ArrayBuffer>): void {
  const library = openLibrary();
  if (library === null) return;
  const place = Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer));
  const end = place + BigInt(buffer.byteLength);
  const first = (place + PAGE - 1n) / PAGE * PAGE;
  library.symbols.madvise(
    Deno.UnsafePointer.create(first),
    end - first,
    MADV_HUGEPAGE,
  );
  library.close();
}

function openLibrary() {
  if (Deno.build.os !== "linux") return null;
  for (const name of LIBRARIES) {
    if (!isGranted({ name: "ffi", path: name })) continue;
    try {
      return open(name);
    } catch {
      continue; // There is no such library.
    }
  }
  return null;
}

function open(library: string) {
  const opened = Deno.dlopen(library, {
    open: { parameters: ["buffer", "i32", "u32"], result: "i32" },
    posix_fallocate: { parameters: ["i32", "i64", "i64"], result: "i32" },
    mmap: {
      parameters: ["pointer", "usize", "i32", "i32", "i32", "i64"],
      result: "pointer",
    },
    madvise: { parameters: ["pointer", "usize", "i32"], result: "i32" },
    munmap: { parameters: ["pointer", "usize"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
  });
  return { symbols: opened.symbols, close: () => opened.close() };
}

/** What `mmap` gives when it fails: the address -1. */
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
