/**
 * A small shell that outlives whoever started it by a moment: when that one is gone, however it went, it kills the process
 * groups it was told of, finds by their environment what had left them, looking again until nothing is found as that may
 * have started more meanwhile, and removes a folder.
 *
 * @module
 */
import { startOutliving } from "../../profiler/outliving.ts";
import { PROC } from "../../profiler/procfs.ts";

const SCRIPT = `
PATH=/usr/bin:/bin:$PATH
trap '' INT TERM HUP
marks=$1 name=$2 groups=
shift 2
while read -r op group; do
  case $op in
    +) groups="$groups $group" ;;
    -) kept=; for g in $groups; do [ "$g" = "$group" ] || kept="$kept $g"; done; groups=$kept ;;
  esac
done
for g in $groups; do kill -9 "-$g" 2>/dev/null; done
rounds=0 files=$marks
while [ -n "$files" ] && [ $rounds -lt 50 ]; do
  files=$(grep -lsaz "^$marks" ${PROC}/[0-9]*/environ)
  for file in $files; do
    pid=\${file#${PROC}/}
    kill -9 "\${pid%/environ}" 2>/dev/null
  done
  rounds=$((rounds + 1))
done
for parent; do rm -rf -- "$parent/$name"; done
`;

/**
 * Starts the shell; it waits for the end of its stdin, which ends with whoever holds the other end. `+ <group>` and
 * `- <group>` there put a process group under watch and take it out again. `marks` is a regular expression that the
 * beginning of a variable (`NAME=value`) in the environment of what it kills matches; the folder that it removes is called
 * `name`, in whichever of `parents` it is.
 */
export function startReaper(
  marks: string,
  name = "",
  parents: readonly string[] = [],
): Deno.ChildProcess {
  return startOutliving(SCRIPT, "lithoscope-reaper", [marks, name, ...parents]);
}
