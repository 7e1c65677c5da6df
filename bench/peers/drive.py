"""Does what drive.mjs does, for the pools of Python: drive.py <workers | cold> <pool | futures> [chunksize]."""

import json
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Pool


# Steps that keep a core busy for about 50 ms.
STEPS = 450_000


def same(value):
    return value


def spin(steps):
    x = 1
    for _ in range(steps):
        x = (x * 1103 + 12345) % 2147483647
    return x


FUNCTIONS = {"same": same, "spin": spin}


class PoolPeer:
    """multiprocessing.Pool; without a chunk size, map divides the items into four chunks a worker."""

    def __init__(self, workers, chunksize):
        self.pool = Pool(workers)
        self.chunksize = chunksize

    def run(self, name, value):
        return self.pool.apply(FUNCTIONS[name], (value,))

    def all(self, name, items):
        return self.pool.map(FUNCTIONS[name], items, self.chunksize)


class FuturesPeer:
    """concurrent.futures.ProcessPoolExecutor; its map has a chunk size of 1 unless told otherwise."""

    def __init__(self, workers, chunksize):
        self.pool = ProcessPoolExecutor(workers)
        self.chunksize = chunksize or 1

    def run(self, name, value):
        return self.pool.submit(FUNCTIONS[name], value).result()

    def all(self, name, items):
        return list(self.pool.map(FUNCTIONS[name], items, chunksize=self.chunksize))


def timed(peer, name, items):
    began = time.perf_counter()
    results = peer.all(name, items)
    return time.perf_counter() - began, results


def noop(peer, count):
    items = list(range(count))
    seconds, results = timed(peer, "same", items)
    assert results == items
    return seconds


def roundtrip(peer, count):
    times = []
    for i in range(count):
        began = time.perf_counter()
        peer.run("same", i)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def echo(peer, count, bytes):
    items = [bytearray([i & 255]) * bytes for i in range(count)]
    seconds, results = timed(peer, "same", items)
    assert results == items
    return seconds


def spin_many(peer, count):
    return timed(peer, "spin", [STEPS] * count)[0]


DEEDS = {"noop": noop, "roundtrip": roundtrip, "echo": echo, "spin": spin_many}


def main():
    mode, kind = sys.argv[1:3]
    chunksize = int(sys.argv[3]) if len(sys.argv) > 3 else None
    make = PoolPeer if kind == "pool" else FuturesPeer
    peer = make(2 if mode == "cold" else int(mode), chunksize)
    if mode == "cold":
        print(peer.run("same", 1), flush=True)
        peer.pool.terminate() if kind == "pool" else peer.pool.shutdown()
        return
    print("{}", flush=True)
    for line in sys.stdin:
        what = json.loads(line)
        deed = what.pop("deed")
        try:
            answer = {"seconds": DEEDS[deed](peer, **what)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
    peer.pool.terminate() if kind == "pool" else peer.pool.shutdown()


if __name__ == "__main__":
    main()
