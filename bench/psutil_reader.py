"""Collects of each process what the profiler collects, by psutil with reused Process objects, and no more than psutil has.

    psutil_reader.py ROUNDS CHILDREN PID...

Prints the median time of a round over all processes, in microseconds. The first process is the root; with CHILDREN 1 its
descendants are looked for in each round, as the profiler does, with 0 they are taken as known."""
import statistics
import sys
import time

import psutil

rounds, find = int(sys.argv[1]), sys.argv[2] == "1"
processes = [psutil.Process(int(pid)) for pid in sys.argv[3:]]


def collect():
    samples = []
    if find:
        processes[0].children(recursive=True)
    for process in processes:
        with process.oneshot():
            io = process.io_counters()
            cpu = process.cpu_times()
            memory = process.memory_info()
            switches = process.num_ctx_switches()
            samples.append({
                "pid": process.pid,
                "ppid": process.ppid(),
                "created": process.create_time(),
                "name": process.name(),
                "state": process.status(),
                "threads": process.num_threads(),
                "percent": process.cpu_percent(),
                "user": cpu.user,
                "system": cpu.system,
                "children_user": cpu.children_user,
                "children_system": cpu.children_system,
                "iowait": cpu.iowait,
                "rss": memory.rss,
                "vms": memory.vms,
                "read": io.read_bytes,
                "write": io.write_bytes,
                "read_chars": io.read_chars,
                "write_chars": io.write_chars,
                "voluntary": switches.voluntary,
                "involuntary": switches.involuntary,
                "files": process.num_fds(),
            })
    return samples


collect()
times = []
for _ in range(rounds):
    start = time.perf_counter()
    collect()
    times.append((time.perf_counter() - start) * 1e6)
print(statistics.median(times))
