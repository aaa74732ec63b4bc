// SQLite: the system library, and what of it Swift cannot import (variadic functions, a macro that is a cast).
#include <sqlite3.h>

// Takes the pool of small allocations (about 100 KiB) off a connection that has no statements yet.
static inline int csqlite_without_lookaside(sqlite3 *database) {
  return sqlite3_db_config(database, SQLITE_DBCONFIG_LOOKASIDE, (void *)0, 0, 0);
}

// Whether closing the last connection leaves the write-ahead log as it is.
static inline int csqlite_leave_log_on_close(sqlite3 *database, int leaves) {
  return sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, leaves, (int *)0);
}

// Binds a copy of the text.
static inline int csqlite_bind_text(sqlite3_stmt *statement, int position, const char *text, int length) {
  return sqlite3_bind_text(statement, position, text, length, SQLITE_TRANSIENT);
}
