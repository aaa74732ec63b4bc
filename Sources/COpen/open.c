// A stand-in for open(2), which keeps libdispatch alive when descriptors run out.
//
// libdispatch runs Swift's tasks. While tasks wait for a thread it looks each second how many of its threads run, in /proc/TID/stat, and
// takes a file there that cannot be opened for a bug of the program, which it ends with SIGILL: seen with Swift 6.3, within seconds of
// EMFILE and many requests. A negative number other than -1 passes its test; read and close then fail, and it leaves that thread out of
// its count.
//
// It is in the program alone: a library does not replace a function of the C library under the program that embeds it.

#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

// Not from fcntl.h, which may define open() inline.
#define CREATES (0100 | 020000000)  // O_CREAT, __O_TMPFILE
#define LIBDISPATCHS_FLAGS 04000         // O_RDONLY | O_NONBLOCK; nobody else opens a file of /proc so

int open(const char *path, int flags, ...) {
  mode_t mode = 0;
  if (flags & CREATES) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  int descriptor = (int)syscall(SYS_openat, -100 /* AT_FDCWD */, path, flags, mode);
  if (descriptor == -1 && flags == LIBDISPATCHS_FLAGS && (errno == EMFILE || errno == ENFILE) && strncmp(path, "/proc/", 6) == 0) return -2;
  return descriptor;
}
