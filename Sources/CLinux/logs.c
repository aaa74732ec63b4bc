// System calls for logs that Swift's Glibc module lacks.
#define _GNU_SOURCE
#include "clinux_logs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int clinux_pipe_size(int descriptor) { return fcntl(descriptor, F_GETPIPE_SZ); }

int clinux_pipe_resize(int descriptor, int size) { return fcntl(descriptor, F_SETPIPE_SZ, size); }

int clinux_pipe_is_held(int descriptor) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return -1;
  // Copies without reading: 0 is the end, EAGAIN an empty pipe that still has a writer.
  ssize_t count = tee(descriptor, ends[1], 1, SPLICE_F_NONBLOCK);
  int error = errno;
  close(ends[0]);
  close(ends[1]);
  if (count >= 0) return count > 0;
  errno = error;
  return error == EAGAIN ? 1 : -1;
}

int clinux_file_punch(int descriptor, int64_t offset, int64_t length) {
  return fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
}

int clinux_file_collapse(int descriptor, int64_t offset, int64_t length) {
  return fallocate(descriptor, FALLOC_FL_COLLAPSE_RANGE, offset, length);
}

int64_t clinux_file_seek_data(int descriptor, int64_t offset) { return lseek(descriptor, offset, SEEK_DATA); }

const void *clinux_find_last(const void *block, int byte, size_t length) { return memrchr(block, byte, length); }
