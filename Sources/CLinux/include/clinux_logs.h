// System calls for logs that Swift's Glibc module lacks. All return the values of their manual pages: -1 with
// errno on failure.
#ifndef CLINUX_LOGS_H
#define CLINUX_LOGS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// The size of a pipe in bytes.
int clinux_pipe_size(int descriptor);
/// Asks for a pipe of at least `size` bytes; returns its new size. EPERM: beyond the bound for unprivileged
/// users.
int clinux_pipe_resize(int descriptor, int size);
/// Whether a pipe (or FIFO) that was opened non-blocking can still deliver bytes: 1 if it is not empty or a
/// process has it open for writing, 0 if not. Reads nothing from it.
int clinux_pipe_is_held(int descriptor);

/// Frees the blocks of a range, which reads as zeros from then on; the file keeps its size.
int clinux_file_punch(int descriptor, int64_t offset, int64_t length);
/// Removes a range from a file; the rest moves down. Offset and length must be multiples of the file system's
/// block size.
int clinux_file_collapse(int descriptor, int64_t offset, int64_t length);
/// The first offset from `offset` on with data, not a hole. ENXIO: there is none.
int64_t clinux_file_seek_data(int descriptor, int64_t offset);

/// The last `byte` in a block, or NULL.
const void *clinux_find_last(const void *block, int byte, size_t length);

#endif
