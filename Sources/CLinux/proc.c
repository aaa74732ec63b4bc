// Reads /proc without an allocation per file: a scrape reads thousands of processes.
#define _GNU_SOURCE
#include "clinux_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// The kernel's record of getdents64; the name follows and is terminated.
struct entry {
  uint64_t inode;
  int64_t offset;
  unsigned short length;
  unsigned char type;
  char name[];
};

int clinux_proc_open(const char *path) { return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); }

ssize_t clinux_proc_read(int proc, pid_t pid, const char *name, void *buffer, size_t size) {
  char path[64];
  snprintf(path, sizeof path, "%d/%s", pid, name);
  int descriptor = openat(proc, path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return -1;
  size_t used = 0;
  ssize_t count = 0;
  while (used < size) {
    count = read(descriptor, (char *)buffer + used, size - used);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    used += (size_t)count;
  }
  int error = errno;
  close(descriptor);
  errno = error;
  return count < 0 && used == 0 ? -1 : (ssize_t)used;
}

static pid_t number(const char *name) {
  pid_t value = 0;
  if (*name < '1' || *name > '9') return -1;
  for (; *name >= '0' && *name <= '9'; name++) value = value * 10 + (*name - '0');
  return *name ? -1 : value;
}

int clinux_proc_list(int folder, int rewind, pid_t *numbers, int capacity) {
  // The smallest record with a number as its name takes 24 bytes, so the records cannot exceed the room.
  char buffer[16384];
  int count = 0;
  if (rewind && lseek(folder, 0, SEEK_SET) < 0) return -1;
  while (count == 0) {
    size_t room = (size_t)capacity * 24 < sizeof buffer ? (size_t)capacity * 24 : sizeof buffer;
    long size = syscall(SYS_getdents64, folder, buffer, room);
    if (size <= 0) return (int)size;
    for (long at = 0; at < size;) {
      const struct entry *entry = (const struct entry *)(buffer + at);
      pid_t value = number(entry->name);
      if (value > 0 && count < capacity) numbers[count++] = value;
      at += entry->length;
    }
  }
  return count;
}

int64_t clinux_proc_count_descriptors(int proc, pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "%d/fd", pid);
  int folder = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return -1;
  // Since Linux 6.2 the folder's size is the number of its entries; before, it is 0 and they are counted.
  struct stat status;
  int64_t count = fstat(folder, &status) == 0 ? (int64_t)status.st_size : 0;
  if (count == 0) {
    char buffer[16384];
    long size = 0;
    while ((size = syscall(SYS_getdents64, folder, buffer, sizeof buffer)) > 0) {
      for (long at = 0; at < size;) {
        const struct entry *entry = (const struct entry *)(buffer + at);
        if (entry->name[0] != '.') count++;
        at += entry->length;
      }
    }
    if (size < 0) count = -1;
  }
  int error = errno;
  close(folder);
  errno = error;
  return count;
}
