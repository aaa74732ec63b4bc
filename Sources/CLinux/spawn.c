// Starting a program: clone(CLONE_VM|CLONE_FILES|CLONE_VFORK|CLONE_PIDFD) costs the same whatever our size
// and however much we have open, leaves no race for the pid, and lets the child report its failed step
// through the memory it shares with us.
//
// The steps in a cgroup: its `memory.oom.group` is 0 (the caller's part, `ServiceGroup`); clone, or the write in
// `child`, puts the child into it; execve gives the child a memory of its own, or it ends; then clone returns to
// us, and only now the caller may write 1.
#define _GNU_SOURCE
#include "clinux_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clinux_pidfd.h"
#include "clone.h"
#include "signals.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1U << 1)
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

struct context {
  const struct clinux_spawn_request *request;
  const struct clinux_slots *slots;
  struct clinux_spawn_result *result;
  // The descriptor through which the child writes itself into its cgroup; -1 if it is born there, or in ours.
  int entrance;
  int pidfd;
};

static int larger(int a, int b) { return a > b ? a : b; }

// Up to the first call here the table is our parent's own, and that call copies its low end only. Measured
// with 3,000 open descriptors: with a copy made by clone, closed one by one, a spawn took 460 µs of CPU up to
// execve; this way 85 µs, and 80 µs with none open.
static int place_descriptors(const struct clinux_spawn_request *request, const struct clinux_slots *slots) {
  int highest = larger(larger(slots->null, slots->notification), larger(slots->input, larger(slots->output, slots->error)));
  if (syscall(SYS_close_range, highest + 1, ~0U, CLOSE_RANGE_UNSHARE) < 0) return -1;
  int input = request->standard_input == slots->null ? slots->null : slots->input;
  int output = request->standard_output == slots->null ? slots->null : slots->output;
  int error = request->standard_error == slots->null ? slots->null : slots->error;
  if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(error, 2) < 0) return -1;
  unsigned first = 3;
  if (request->notification >= 0) {
    // Descriptor 3 may be the lock of the state directory, see below: it lives on under another number.
    // EBADF: 3 is free.
    if (slots->notification != 3 && fcntl(3, F_DUPFD_CLOEXEC, 4) < 0 && errno != EBADF) return -1;
    if ((slots->notification == 3 ? fcntl(3, F_SETFD, 0) : dup2(slots->notification, 3)) < 0) return -1;
    first = 4;
  }
  // Closed by execve and not before: a child whose Stoker was killed before it recorded the child holds the
  // lock of the state directory until execve, so a successor cannot start while the child could not be
  // recognised as a leftover.
  return (int)syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC);
}

static int limit(int resource, uint64_t soft, uint64_t hard) {
  struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
  return (int)syscall(SYS_prlimit64, 0, resource, &limit, NULL);
}

static int limit_descriptors(const struct clinux_spawn_request *request) {
  uint64_t soft = request->descriptors_soft, hard = request->descriptors_hard;
  if (limit(RLIMIT_NOFILE, soft, hard) == 0) return 0;
  struct rlimit own;
  if (errno != EPERM || !(request->setup & CLINUX_BOUNDS_DESCRIPTOR_LIMIT)) return -1;
  if (syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &own) < 0) return -1;
  return limit(RLIMIT_NOFILE, soft < own.rlim_max ? soft : own.rlim_max, own.rlim_max);
}

static int write_oom_score(int value) {
  char text[8];
  int start = sizeof text;
  unsigned rest = value < 0 ? -(unsigned)value : (unsigned)value;
  do {
    text[--start] = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest > 0 && start > 1);
  if (value < 0) text[--start] = '-';
  int file = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC, 0);
  if (file < 0) return -1;
  long count = syscall(SYS_write, file, text + start, sizeof text - (size_t)start);
  int error = errno;
  syscall(SYS_close, file);
  errno = error;
  return count < 0 ? -1 : 0;
}

// The properties of the process, up to its user. Raw calls: glibc's would change user, group and groups of
// every thread of our process. The change of user makes the memory we share undumpable, and it stays so: no
// process of that user can look at our memory through the child.
static int set_up(const struct clinux_spawn_request *request, int *step) {
  unsigned setup = request->setup;
  *step = CLINUX_STEP_LIMIT;
  if (setup & CLINUX_SETS_DESCRIPTOR_LIMIT && limit_descriptors(request) < 0) return -1;
  *step = CLINUX_STEP_CORE;
  if (setup & CLINUX_SETS_CORE_LIMIT && limit(RLIMIT_CORE, request->core, request->core) < 0) return -1;
  *step = CLINUX_STEP_NICE;
  if (setup & CLINUX_SETS_NICE && syscall(SYS_setpriority, PRIO_PROCESS, 0, request->nice) < 0) return -1;
  *step = CLINUX_STEP_OOM_SCORE;
  if (setup & CLINUX_SETS_OOM_SCORE && write_oom_score(request->oom_score_adjustment) < 0) return -1;
  if (setup & CLINUX_SETS_UMASK) syscall(SYS_umask, request->umask);
  *step = CLINUX_STEP_GROUP;
  if (setup & CLINUX_SETS_GROUPS && syscall(SYS_setgroups, request->group_count, request->groups) < 0) return -1;
  gid_t group = request->group;
  if (setup & CLINUX_SETS_GROUP && syscall(SYS_setresgid, group, group, group) < 0) return -1;
  *step = CLINUX_STEP_USER;
  uid_t user = request->user;
  if (setup & CLINUX_SETS_USER && syscall(SYS_setresuid, user, user, user) < 0) return -1;
  *step = CLINUX_STEP_PRIVILEGES;
  if (setup & CLINUX_SETS_NO_NEW_PRIVILEGES && syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -1;
  return 0;
}

// In place of the folder at 1 and 2, so that it takes no number beyond a low limit of descriptors. Does not wait if somebody has put a
// pipe there.
static int open_output(const char *name) {
  if (!name) return 0;
  syscall(SYS_close, 2);
  int flags = O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK;
  if (syscall(SYS_openat, 1, name, flags, 0600) != 2) return -1;
  if (syscall(SYS_fcntl, 2, F_SETFL, O_APPEND) < 0) return -1;
  return syscall(SYS_dup3, 2, 1, 0) < 0 ? -1 : 0;
}

// Returns only if no path could be executed. Like a shell, tries the next folder of PATH after one that may
// not be entered or a file that may not be executed.
static void execute(const struct clinux_spawn_request *request, struct clinux_spawn_result *result) {
  int refused = -1;
  for (int i = 0; request->paths[i]; i++) {
    result->path = i;
    execve(request->paths[i], request->arguments, request->environment);
    if (errno == EACCES && refused < 0) refused = i;
    if (errno != EACCES && errno != ENOENT && errno != ENOTDIR) return;
  }
  if (refused >= 0) {
    result->path = refused;
    errno = EACCES;
  }
}

// An ignored signal stays ignored over exec.
static void reset_signals(void) {
  struct kernel_sigaction defaults = {{0}};
  for (int number = 1; number <= 64; number++) {
    if (number != SIGKILL && number != SIGSTOP) syscall(SYS_rt_sigaction, number, &defaults, NULL, kernel_sigset_size);
  }
}

static void unblock_signals(void) {
  unsigned long none[2] = {0, 0};
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, none, NULL, kernel_sigset_size);
}

// Runs in the child, on memory it shares with the (suspended) thread that called clone: only system calls,
// and no locks. It shares the table of descriptors as well, and must not change it before it has its own
// copy.
static int child(void *argument) {
  struct context *context = argument;
  const struct clinux_spawn_request *request = context->request;
  struct clinux_spawn_result *result = context->result;

  // By the child, since the kernel stores the number of a pidfd even if clone fails later: nobody may use that.
  __atomic_store_n(&result->pidfd, context->pidfd, __ATOMIC_RELEASE);
  __atomic_store_n(&result->pid, (pid_t)syscall(SYS_getpid), __ATOMIC_RELEASE);

  result->step = CLINUX_STEP_SESSION;
  if (setsid() < 0) goto failed;

  result->step = CLINUX_STEP_CGROUP;
  if (context->entrance >= 0 && syscall(SYS_write, context->entrance, "0", 1) < 0) goto failed;

  reset_signals();

  result->step = CLINUX_STEP_DESCRIPTORS;
  if (place_descriptors(request, context->slots) < 0) goto failed;

  if (set_up(request, &result->step) < 0) goto failed;

  result->step = CLINUX_STEP_OUTPUT;
  if (open_output(request->output_file) < 0) goto failed;

  result->step = CLINUX_STEP_DIRECTORY;
  if (chdir(request->directory) < 0) goto failed;

  // The mask last: from now on a signal has its default effect, on this process alone.
  unblock_signals();

  result->step = CLINUX_STEP_EXECUTE;
  execute(request, result);

failed:
  result->error = errno;
  _exit(127);
}

static pid_t make_process(struct context *context, void *stack, size_t stack_size) {
  // Not again after a refusal: the kernel does not know the call, or a filter blocks it.
  static atomic_bool is_refused;
  int cgroup = context->request->cgroup;
  if (cgroup >= 0 && !atomic_load(&is_refused)) {
    pid_t pid = clinux_clone_into(cgroup, child, stack, stack_size, context, &context->pidfd);
    if (pid >= 0 || (errno != ENOSYS && errno != EPERM && errno != E2BIG && errno != EINVAL)) return pid;
    atomic_store(&is_refused, 1);
  }
  if (cgroup >= 0) {
    context->entrance = openat(cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    if (context->entrance < 0) {
      context->result->step = CLINUX_STEP_CGROUP;
      return -1;
    }
  }
  int flags = CLONE_VM | CLONE_FILES | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
  pid_t pid = clone(child, (char *)stack + (stack_size & ~(size_t)15), flags, context, &context->pidfd);
  int error = errno;
  if (context->entrance >= 0) close(context->entrance);
  errno = error;
  return pid;
}

int clinux_spawn(
    const struct clinux_spawn_request *request, struct clinux_slots *slots, void *stack, size_t stack_size,
    struct clinux_spawn_result *result) {
  struct context context = {.request = request, .slots = slots, .result = result, .entrance = -1, .pidfd = -1};
  int notification = request->notification < 0 ? slots->null : request->notification;
  sigset_t all, before;
  result->error = 0;
  result->path = 0;

  if (clinux_slots_fill(slots, request->standard_input, request->standard_output, request->standard_error, notification) < 0) {
    result->step = CLINUX_STEP_DESCRIPTORS;
    result->error = errno;
    clinux_slots_empty(slots, request->standard_input, request->standard_output, request->standard_error, notification);
    return -1;
  }
  // No handler of ours may run in the child, on our memory.
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  result->step = CLINUX_STEP_PROCESS;
  pid_t pid = make_process(&context, stack, stack_size);
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  clinux_slots_empty(slots, request->standard_input, request->standard_output, request->standard_error, notification);

  if (pid < 0) {
    result->error = error;
    return -1;
  }
  if (result->error != 0) {
    siginfo_t information;
    while (waitid((idtype_t)P_PIDFD, (id_t)context.pidfd, &information, WEXITED) < 0 && errno == EINTR) {
    }
    return -1;
  }
  // Without an error, either the program runs, or a signal ended the child before: then that is its exit.
  __atomic_store_n(&result->pidfd, context.pidfd, __ATOMIC_RELEASE);
  __atomic_store_n(&result->pid, pid, __ATOMIC_RELEASE);
  return 0;
}

void clinux_execute(const struct clinux_spawn_request *request, struct clinux_spawn_result *result) {
  if (set_up(request, &result->step) < 0) goto failed;

  result->step = CLINUX_STEP_DIRECTORY;
  if (chdir(request->directory) < 0) goto failed;

  result->step = CLINUX_STEP_DESCRIPTORS;
  if (syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) < 0) goto failed;

  reset_signals();
  unblock_signals();

  result->step = CLINUX_STEP_EXECUTE;
  execute(request, result);

failed:
  result->error = errno;
}
