// What moving logs needs beyond Swift's Glibc module. All return what the manual says: -1 with errno on failure.
#ifndef CLINUX_LOGS_H
#define CLINUX_LOGS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// The size of a pipe in bytes.
int clinux_pipe_size(int descriptor);
/// Asks for a pipe of at least `size` bytes; returns the size it has. EPERM: beyond what an unprivileged user may have.
int clinux_pipe_resize(int descriptor, int size);
/// Whether anything can still come out of a pipe (or FIFO) opened non-blocking: 1 if there is something in it or somebody has it open for
/// writing, 0 if not. Takes nothing out.
int clinux_pipe_is_held(int descriptor);

/// Frees the blocks of a range, which reads as zeros from then on; the file keeps its size.
int clinux_file_punch(int descriptor, int64_t offset, int64_t length);
/// Takes a range out of a file; what follows moves down. Offset and length must be multiples of the file system's block size.
int clinux_file_collapse(int descriptor, int64_t offset, int64_t length);
/// The first offset from `offset` on where there is data and no hole. ENXIO: there is none.
int64_t clinux_file_seek_data(int descriptor, int64_t offset);

/// The last `byte` in a block, or NULL.
const void *clinux_find_last(const void *block, int byte, size_t length);

#endif
