// Starts a program in a new session.
#ifndef CLINUX_SPAWN_H
#define CLINUX_SPAWN_H

#include <stdint.h>
#include <sys/types.h>

#include "clinux_slots.h"

/// The step of a spawn that failed.
enum clinux_spawn_step {
  CLINUX_STEP_PROCESS = 1,   // clone
  CLINUX_STEP_SESSION,       // setsid
  CLINUX_STEP_CGROUP,        // entering the cgroup, where clone cannot do that
  CLINUX_STEP_DESCRIPTORS,   // placing 0, 1, 2 and 3, closing the rest
  CLINUX_STEP_LIMIT,         // RLIMIT_NOFILE
  CLINUX_STEP_CORE,          // RLIMIT_CORE
  CLINUX_STEP_NICE,          // setpriority
  CLINUX_STEP_OOM_SCORE,     // /proc/self/oom_score_adj
  CLINUX_STEP_GROUP,         // setgroups, setresgid
  CLINUX_STEP_USER,          // setresuid
  CLINUX_STEP_PRIVILEGES,    // PR_SET_NO_NEW_PRIVS
  CLINUX_STEP_OUTPUT,        // openat of the output's file
  CLINUX_STEP_DIRECTORY,     // chdir
  CLINUX_STEP_EXECUTE,       // execve
};

/// The properties of a process that differ from ours.
enum clinux_spawn_setup {
  CLINUX_SETS_DESCRIPTOR_LIMIT = 1 << 0,
  CLINUX_SETS_CORE_LIMIT = 1 << 1,
  CLINUX_SETS_NICE = 1 << 2,
  CLINUX_SETS_OOM_SCORE = 1 << 3,
  CLINUX_SETS_UMASK = 1 << 4,
  CLINUX_SETS_GROUPS = 1 << 5,
  CLINUX_SETS_GROUP = 1 << 6,
  CLINUX_SETS_USER = 1 << 7,
  CLINUX_SETS_NO_NEW_PRIVILEGES = 1 << 8,
  /// With CLINUX_SETS_DESCRIPTOR_LIMIT: to less, where our own hard limit is lower and cannot be raised.
  CLINUX_BOUNDS_DESCRIPTOR_LIMIT = 1 << 9,
};

/// The program to start. An input or output that is the `null` of the slots is `/dev/null`.
struct clinux_spawn_request {
  /// The possible paths of the program, at least one and terminated by NULL: the first that execve accepts,
  /// as a shell tries the folders of PATH. They are passed as they are (a relative one is resolved from
  /// `directory`).
  char *const *paths;
  char *const *arguments;
  char *const *environment;
  const char *directory;
  int standard_input;
  int standard_output;
  int standard_error;
  /// The name of the file that the child opens for both outputs with its own ids, in the folder that `standard_output` is; NULL: the two
  /// are the outputs.
  const char *output_file;
  /// The source of descriptor 3; -1: there is none.
  int notification;
  /// The open folder of the cgroup it is born in; -1: ours. While this call lasts, `memory.oom.group` must not be set there or above:
  /// the child shares our memory until execve, and what the kernel kills takes along all that share its memory.
  int cgroup;

  unsigned setup;  // enum clinux_spawn_setup
  uint64_t descriptors_soft;
  uint64_t descriptors_hard;
  uint64_t core;  // soft and hard
  int nice;
  int oom_score_adjustment;
  mode_t umask;
  const gid_t *groups;
  size_t group_count;
  gid_t group;
  uid_t user;
};

/// The result: `pid` and a close-on-exec `pidfd` from the child's first step on, if there is one; after failure
/// the step and its errno, and for CLINUX_STEP_EXECUTE the index of the path. Begins as
/// `clinux_no_result`.
struct clinux_spawn_result {
  pid_t pid;
  int pidfd;
  int step;
  int error;
  int path;
};

static const struct clinux_spawn_result clinux_no_result = {.pidfd = -1};

/// The child of a call that another thread waits for: 0 while there is none.
static inline pid_t clinux_spawn_pid(const struct clinux_spawn_result *result) { return __atomic_load_n(&result->pid, __ATOMIC_ACQUIRE); }

/// The same: -1 while there is none.
static inline int clinux_spawn_pidfd(const struct clinux_spawn_result *result) {
  return __atomic_load_n(&result->pidfd, __ATOMIC_ACQUIRE);
}

/// Starts a program: 0, or -1 (then no process is left behind). A `pidfd` in the result is the caller's, after failure too, so that another
/// thread may use it as long as the caller says.
///
/// The child leads a session of its own, has all signals at their defaults and none blocked, and no
/// descriptors but 0, 1, 2 and, if asked for, 3. Blocks until the program runs or has failed. The child runs
/// on `stack` (of `stack_size` bytes, 64 KiB are enough) until then, and gets its outputs through `slots`:
/// each thread that spawns needs its own of both. Needs Linux 5.11 (CLINUX_STEP_DESCRIPTORS with ENOSYS
/// before).
int clinux_spawn(
    const struct clinux_spawn_request *request, struct clinux_slots *slots, void *stack, size_t stack_size,
    struct clinux_spawn_result *result);

/// Executes the program in the place of this process, with the `setup`, the directory, the descriptors 0 to 2 and the session as they are,
/// all signals at their defaults and none blocked. Returns only after failure, with the step and its errno in the result; the steps before
/// it are done. To be called by the main thread: the others end with execve, and until then keep the ids that they have.
void clinux_execute(const struct clinux_spawn_request *request, struct clinux_spawn_result *result);

#endif
