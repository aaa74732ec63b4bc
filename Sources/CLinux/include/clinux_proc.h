// Reads /proc without a String or an allocation per file.
#ifndef CLINUX_PROC_H
#define CLINUX_PROC_H

#include <stdint.h>
#include <sys/types.h>

/// Opens /proc (or a folder in it) for listing and reading, close-on-exec.
int clinux_proc_open(const char *path);

/// Reads `PID/name` below the folder `proc` into `buffer`: the number of bytes (at most `size`),
/// or -1 with errno (ENOENT, ESRCH: the process is gone).
ssize_t clinux_proc_read(int proc, pid_t pid, const char *name, void *buffer, size_t size);

/// Reads the next numeric names of an open folder into `numbers`: their count, 0 at the end, -1 with errno.
/// `rewind` starts again.
int clinux_proc_list(int folder, int rewind, pid_t *numbers, int capacity);

/// Counts the open descriptors of a process; -1 with errno (EACCES: no permission).
int64_t clinux_proc_count_descriptors(int proc, pid_t pid);

#endif
