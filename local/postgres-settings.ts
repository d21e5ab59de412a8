/** The whole `postgresql.conf` of the embedded server, written at each start. */
export function postgresSettings(options: { port: number; fsync: boolean }): string {
  const durable = [
    "max_connections = 100",
    "shared_buffers = 128MB",
    "fsync = on",
    "synchronous_commit = on",
    "full_page_writes = on",
    "wal_level = replica", // base backups and archived WAL
    "max_wal_size = 4GB", // each checkpoint makes the next writes of every page dear
    "checkpoint_timeout = 10min",
  ];
  const scratch = [
    "max_connections = 300", // many test files, each with pools of its own
    "shared_buffers = 64MB",
    "fsync = off",
    "synchronous_commit = off",
    "full_page_writes = off",
    "wal_level = minimal",
    "max_wal_senders = 0",
    "max_wal_size = 1GB",
    "checkpoint_timeout = 1h",
  ];
  return [
    "# Written at each start; changes made here are lost.",
    "listen_addresses = '127.0.0.1'",
    "unix_socket_directories = ''",
    `port = ${options.port}`,
    "password_encryption = scram-sha-256",
    "wal_buffers = 16MB",
    "jit = off", // the package carries no LLVM
    "timezone = 'UTC'",
    "log_timezone = 'UTC'",
    "datestyle = 'iso, mdy'",
    "lc_messages = 'C'",
    "log_line_prefix = '%m [%p] %u@%d '",
    "log_min_messages = warning",
    "log_checkpoints = off",
    ...(options.fsync ? durable : scratch),
    "",
  ].join("\n");
}
