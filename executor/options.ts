/**
 * The options of an executor. All durations are seconds, all sizes bytes.
 *
 * @module
 */

/** Where calls run: in processes of their own, in threads of this one, or on worker hosts behind Redis. */
export type BackendName = "process" | "thread" | "redis";

/** How much is logged: each level logs what the ones after it log too. */
export type LogLevel = "debug" | "info" | "warning" | "error" | "none";

/**
 * How much is measured of each call: everything; the instants alone; or nothing in the worker, so that only what the host
 * knows by itself is told.
 */
export type StatsLevel = "full" | "timing" | "off";

/** Whether the statistics of every call are kept, or only their sums. */
export type KeepStats = "all" | "summary";

/** How resources are sampled. */
export interface ProfileOptions {
  /** Seconds between two collections, at least 0.01. @default {10} 1 with `live`, and with detailed progress that is shown */
  interval?: number;
  /** A file to which every collection is written as a JSON line. @default {undefined} none */
  record?: string;
  /** Also samples the machine, and the process that this script runs in. @default {false} `true` with `live`, and where metrics go out */
  host?: boolean;
}

/** Where and how metrics are pushed. */
export interface PushgatewayOptions {
  /** Base URL of the Pushgateway, such as `http://127.0.0.1:9091`; a user and a password in it are used. */
  url: string | URL;
  /** User for basic auth. @default {undefined} `LITHOSCOPE_PUSHGATEWAY_USERNAME` of the environment */
  username?: string;
  /** Password for basic auth. @default {undefined} `LITHOSCOPE_PUSHGATEWAY_PASSWORD` of the environment */
  password?: string;
  /** Bearer token. @default {undefined} `LITHOSCOPE_PUSHGATEWAY_TOKEN` of the environment */
  token?: string;
  /** Seconds after which a push is given up. @default {5} */
  timeout?: number;
  /** Seconds from the end to the deletion of what was pushed; `false` leaves it there. @default {0} */
  deleteAfter?: number | false;
  /** Series in one push at most. @default {3000} */
  maxSeries?: number;
}

/** How a run is shown in a browser while it goes on. */
export interface LiveOptions {
  /** Port of this machine; 0 takes a free one. @default {0} */
  port?: number;
  /** Opens the page in the browser. @default {false} */
  open?: boolean;
}

/** Where Redis is, for `backend: "redis"`. */
export interface RedisOptions {
  /**
   * Such as `redis://user:password@127.0.0.1:6379`; `rediss:` for TLS.
   *
   * @default {undefined} that of the configuration file, or `LITHOSCOPE_REDIS_URL` of the environment
   */
  url?: string | URL;
  /** Put before the name of every key: workers take the calls of one prefix. @default {"lithoscope"} */
  prefix?: string;
  /** Shared with the workers: it signs calls and results. @default {undefined} `LITHOSCOPE_REDIS_SECRET` of the environment */
  secret?: string;
  /** Seconds after which everything of a run is gone from Redis. @default {86400} a day */
  ttl?: number;
  /** Items and results of more bytes travel by themselves, in chunks or by the folder. @default {524288} 512 KiB */
  blobLimit?: number;
  /** A folder that this machine and all workers share, through which these travel. @default {undefined} through Redis */
  blobFolder?: string;
}

/** What a worker process may do: `true` for all of a kind, or a list as Deno's flags take it. The rest it may not. */
export interface Permissions {
  /** Files and folders that may be read. @default {false} */
  read?: boolean | string[];
  /** Files and folders that may be written. @default {false} */
  write?: boolean | string[];
  /** Hosts, with or without a port, that may be reached. @default {false} */
  net?: boolean | string[];
  /** Variables of the environment that may be read. @default {false} */
  env?: boolean | string[];
  /** Facts about the machine that may be asked for, such as `"hostname"`. @default {false} */
  sys?: boolean | string[];
  /** Programs that may be run. @default {false} */
  run?: boolean | string[];
  /** Libraries that may be loaded. @default {false} */
  ffi?: boolean | string[];
  /** Hosts that modules may be imported from. @default {false} */
  import?: boolean | string[];
}

/** Options of an executor. What is not given here is taken from the configuration file, then from the defaults. */
export interface FunctionExecutorOptions {
  /** Where calls run. @default {"process"} `"thread"` in a compiled binary */
  backend?: BackendName;
  /** Number of workers. @default {undefined} as many as this process may use cores, by affinity and CPU quota */
  workers?: number;
  /** Calls that one worker runs at the same time, for functions that wait a lot. @default {1} */
  concurrency?: number;
  /** Settings in the shape of the configuration file; they go before those of the file. @default {undefined} none */
  config?: Record<string, unknown>;
  /** The configuration file; it must be there. @default {undefined} the first that is found where Lithops looks */
  configFile?: string | URL;
  /** How much is logged; case counts nothing. @default {"info"} */
  logLevel?: LogLevel | Uppercase<LogLevel>;
  /** How much is measured of each call; what is not is `null` in its statistics. @default {"full"} */
  stats?: StatsLevel;
  /**
   * Whether what is known of each call is kept: with `"summary"`, calls that have ended are only counted in `summary()`,
   * and lists let go of the futures that `asCompleted` has given, so that a stream of calls takes no more memory as it
   * goes on. @default {"all"}
   */
  keepStats?: KeepStats;
  /**
   * Samples CPU, memory, disk and network of the workers.
   * @default {undefined} on at log level `debug`, and once a second for `live` and for detailed progress that is shown
   */
  profile?: boolean | ProfileOptions;
  /** Ends the executor, and cancels all calls that have not ended, when it aborts. @default {undefined} none */
  signal?: AbortSignal;
  /** Seconds that a call may run, from the start of its function. @default {Infinity} */
  timeout?: number;
  /** Times that a failed call is run again. @default {0} */
  retries?: number;
  /** Calls that are sent to a worker together. @default {undefined} as many as keeps workers busy */
  chunksize?: number;
  /** Calls that may wait in the queue; more are refused, or not pulled yet. @default {Infinity} */
  maxQueue?: number;
  /** Seconds between telling a call to stop and killing its worker. @default {1} */
  killDelay?: number;
  /** Seconds that a worker may idle before it is ended. @default {Infinity} */
  idleTimeout?: number;
  /** Calls after which a worker is replaced by a fresh one. @default {Infinity} */
  maxCallsPerWorker?: number;
  /** Bytes of memory that a worker may use before it is ended as out of memory. @default {Infinity} */
  maxMemory?: number;
  /** What worker processes may do, on the process backend alone. @default {"inherit"} what this script may */
  permissions?: "inherit" | "none" | Permissions;
  /** Progress on stderr, if that is a terminal; `"detailed"` on two lines. @default {true} */
  progress?: boolean | "detailed";
  /** Serves a page that shows the run while it goes on, to this machine alone. @default {false} */
  live?: boolean | LiveOptions;
  /** Passes on to the terminal what calls print. @default {false} `true` at log level `debug` */
  echo?: boolean;
  /** URL that relative imports in functions resolve against. @default {undefined} that of the main script */
  base?: string | URL;
  /** Pushes metrics. @default {false} `true` if `pushgateway` is given */
  telemetry?: boolean;
  /** Where metrics are pushed, as a URL or with options. @default {undefined} nowhere */
  pushgateway?: string | URL | PushgatewayOptions;
  /** Port on which metrics are served for Prometheus to fetch; 0 takes a free one. @default {undefined} none */
  metricsPort?: number;
  /** Also names metrics as the Lithops Profiler does. @default {true} */
  legacyNames?: boolean;
  /** Redis, for work on other machines. @default {undefined} none */
  redis?: RedisOptions;
}
