// System calls that Swift's Glibc module does not have.
#define _GNU_SOURCE
#include "clinux_system.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <termios.h>
#include <unistd.h>

enum { EPOLL_BATCH = 256 };

int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int clinux_epoll_add(int epoll, int descriptor, uint64_t token) {
  struct epoll_event event = {.events = EPOLLIN, .data = {.u64 = token}};
  return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

int clinux_epoll_add_notified(int epoll, int descriptor, uint64_t token) {
  struct epoll_event event = {.events = EPOLLPRI, .data = {.u64 = token}};
  return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

int clinux_epoll_add_writing(int epoll, int descriptor, uint64_t token) {
  struct epoll_event event = {.events = EPOLLOUT, .data = {.u64 = token}};
  return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

int clinux_epoll_remove(int epoll, int descriptor) { return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL); }

int clinux_epoll_wait(int epoll, uint64_t *tokens, int capacity, int timeout) {
  struct epoll_event events[EPOLL_BATCH];
  int count;
  do {
    count = epoll_wait(epoll, events, capacity < EPOLL_BATCH ? capacity : EPOLL_BATCH, timeout);
  } while (count < 0 && errno == EINTR);
  for (int i = 0; i < count; i++) tokens[i] = events[i].data.u64;
  return count;
}

int clinux_eventfd(int semaphore) { return eventfd(0, EFD_CLOEXEC | (semaphore ? EFD_SEMAPHORE : EFD_NONBLOCK)); }

void clinux_eventfd_add(int descriptor, uint64_t count) {
  // Fails only when the counter is full, and then waiting threads are woken anyway.
  while (write(descriptor, &count, sizeof count) < 0 && errno == EINTR) {
  }
}

void clinux_eventfd_take(int descriptor) {
  uint64_t count;
  while (read(descriptor, &count, sizeof count) < 0 && errno == EINTR) {
  }
}

int clinux_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int clinux_silent_pipe(void) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return -1;
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", ends[1]);
  int both = open(path, O_RDWR | O_CLOEXEC);
  int error = errno;
  close(ends[0]);
  close(ends[1]);
  errno = error;
  return both;
}

int clinux_terminal(int ends[2]) {
  ends[0] = posix_openpt(O_RDWR | O_NOCTTY);
  if (ends[0] < 0) return -1;
  struct termios settings;
  struct winsize size = {.ws_row = 24, .ws_col = 80};
  // By the reading end and not by a path: in another mount namespace the name may be that of another terminal.
  ends[1] = unlockpt(ends[0]) < 0 ? -1 : ioctl(ends[0], TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (ends[1] >= 0 && fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 && clinux_set_nonblocking(ends[0]) == 0 &&
      tcgetattr(ends[1], &settings) == 0) {
    cfmakeraw(&settings);
    if (tcsetattr(ends[1], TCSANOW, &settings) == 0 && ioctl(ends[1], TIOCSWINSZ, &size) == 0) return 0;
  }
  int error = errno;
  if (ends[1] >= 0) close(ends[1]);
  close(ends[0]);
  errno = error;
  return -1;
}

int clinux_set_nonblocking(int descriptor) {
  int flags = fcntl(descriptor, F_GETFL);
  return flags < 0 ? -1 : fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

int clinux_descriptor_limit(pid_t pid, uint64_t *soft, uint64_t *hard) {
  struct rlimit limit;
  if (prlimit(pid, RLIMIT_NOFILE, NULL, &limit) < 0) return -1;
  *soft = limit.rlim_cur;
  *hard = limit.rlim_max;
  return 0;
}

// A signal handler can only reach global state. Written once, before the handler is installed.
static int child_events = -1;
static pthread_mutex_t subreaper_lock = PTHREAD_MUTEX_INITIALIZER;

static void child_ended(int number) {
  (void)number;
  int error = errno;
  clinux_eventfd_add(child_events, 1);
  errno = error;
}

int clinux_become_subreaper(void) {
  int result = 0;
  pthread_mutex_lock(&subreaper_lock);
  if (child_events < 0) {
    int events = clinux_eventfd(0);
    struct sigaction action = {.sa_handler = child_ended, .sa_flags = SA_RESTART | SA_NOCLDSTOP};
    if (events < 0) {
      result = -1;
    } else if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) {
      int error = errno;
      close(events);
      errno = error;
      result = -1;
    } else {
      __atomic_store_n(&child_events, events, __ATOMIC_RELEASE);
      result = sigaction(SIGCHLD, &action, NULL);
    }
  }
  pthread_mutex_unlock(&subreaper_lock);
  return result;
}

int clinux_child_events(void) { return __atomic_load_n(&child_events, __ATOMIC_ACQUIRE); }

void clinux_block_signals(void) {
  sigset_t all;
  sigfillset(&all);
  sigdelset(&all, SIGCHLD);
  pthread_sigmask(SIG_SETMASK, &all, NULL);
}

int clinux_is_in_memory(const char *path) {
  struct statfs information;
  return statfs(path, &information) == 0 && information.f_type == TMPFS_MAGIC;
}

void clinux_ignore_library_signals(void) {
  enum { first = 32 };
  struct kernel_sigaction ignored = {{(unsigned long)SIG_IGN}}, present;
  for (int number = first; number < SIGRTMIN; number++) {
    int is_known = syscall(SYS_rt_sigaction, number, NULL, &present, kernel_sigset_size) == 0;
    if (is_known && present.words[0] == (unsigned long)SIG_DFL) syscall(SYS_rt_sigaction, number, &ignored, NULL, kernel_sigset_size);
  }
}

void clinux_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

void clinux_bound_heaps(int count) { mallopt(M_ARENA_MAX, count); }

// Symbols of the linker: the program's headers, constants and code are mapped from its file and never written
// to.
extern char __executable_start;
extern char etext;

void clinux_release_memory(void) {
  malloc_trim(0);
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  uintptr_t start = ((uintptr_t)&__executable_start + page - 1) & ~(page - 1);
  uintptr_t end = (uintptr_t)&etext & ~(page - 1);
  if (end > start) madvise((void *)start, end - start, MADV_DONTNEED);
}

const char *clinux_error_name(int error) {
  const char *name = strerrorname_np(error);
  return name ? name : "?";
}

int clinux_has_access_list(const char *path) { return getxattr(path, "system.posix_acl_access", NULL, 0) > 0; }
