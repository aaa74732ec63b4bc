// Starting a program in a new session, and waiting for it.
#ifndef CLINUX_SPAWN_H
#define CLINUX_SPAWN_H

#include <stdint.h>
#include <sys/types.h>

#include "clinux_slots.h"

/// The step of a spawn that failed.
enum clinux_spawn_step {
  CLINUX_STEP_PROCESS = 1,   // clone
  CLINUX_STEP_SESSION,       // setsid
  CLINUX_STEP_DESCRIPTORS,   // placing 0, 1 and 2, closing the rest
  CLINUX_STEP_LIMIT,         // RLIMIT_NOFILE
  CLINUX_STEP_DIRECTORY,     // chdir
  CLINUX_STEP_EXECUTE,       // execve
};

/// What to start. `path` goes to execve as it is (a relative one counts from `directory`). Standard input is `/dev/null`, and so is
/// an output that is the `null` of the slots.
struct clinux_spawn_request {
  const char *path;
  char *const *arguments;
  char *const *environment;
  const char *directory;
  int standard_output;
  int standard_error;
  int limits_descriptors;  // not 0: set RLIMIT_NOFILE to the two below
  uint64_t descriptors_soft;
  uint64_t descriptors_hard;
};

/// What came of it: after success `pid` and a close-on-exec `pidfd`, after failure the step and its errno.
struct clinux_spawn_result {
  pid_t pid;
  int pidfd;
  int step;
  int error;
};

/// Starts a program: 0, or -1 (nothing is left behind then: no process, no descriptor).
///
/// The child leads a session of its own, has all signals at their defaults and none blocked, and no descriptors but 0, 1 and 2.
/// Blocks until the program runs or has failed. `stack` (of `stack_size` bytes, 64 KiB do) is what the child runs on until then, and
/// through `slots` it gets its outputs: calls from several threads at once need one of each for each. Needs Linux 5.11
/// (CLINUX_STEP_DESCRIPTORS with ENOSYS before).
int clinux_spawn(
    const struct clinux_spawn_request *request, struct clinux_slots *slots, void *stack, size_t stack_size,
    struct clinux_spawn_result *result);

/// How a child ended. `code` is CLD_EXITED, CLD_KILLED or CLD_DUMPED, `status` the exit code or the signal;
/// the times include the children it waited for.
struct clinux_exit {
  int code;
  int status;
  uint64_t user_microseconds;
  uint64_t system_microseconds;
};

/// Asks whether the child behind a pidfd has ended: 1 if so, 0 if not yet, -1 with errno (ECHILD: not our child, or already waited for).
/// Unless `reap`, it stays a zombie, so that its pid and its process group's number cannot be used anew. Never blocks.
int clinux_wait_pidfd(int pidfd, int reap, struct clinux_exit *result);

/// Reaps the child `pid` if it has ended: 1 if it was, 0 if it lives, -1 with errno. Never blocks.
int clinux_reap(pid_t pid);

#endif
