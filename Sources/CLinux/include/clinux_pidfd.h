// Pidfds: signals that cannot reach another process, and exits.
#ifndef CLINUX_PIDFD_H
#define CLINUX_PIDFD_H

#include <stdint.h>
#include <sys/types.h>

/// A descriptor of a process, close-on-exec.
int clinux_pidfd_open(pid_t pid);
/// Sends a signal through it: cannot reach another process that got the same pid.
int clinux_pidfd_signal(int pidfd, int signal);
/// Sends a signal to the process group that the process made (with its pid as number), even after the process
/// is gone: cannot reach another group that got the same number. -1 with EINVAL before Linux 6.9, with ESRCH
/// if the group is empty.
int clinux_pidfd_signal_group(int pidfd, int signal);

/// The exit of a process. `code` is CLD_EXITED, CLD_KILLED or CLD_DUMPED, `status` the exit code or the
/// signal; the times include the children it waited for.
struct clinux_exit {
  int code;
  int status;
  uint64_t user_microseconds;
  uint64_t system_microseconds;
};

/// Whether the child of a pidfd has ended: 1 if so, 0 if not yet, -1 with errno (ECHILD: not our child, or
/// already waited for). Unless `reap`, it stays a zombie, so that its pid and its process group's number
/// cannot be reused. Never blocks.
int clinux_wait_pidfd(int pidfd, int reap, struct clinux_exit *result);

/// The exit of a process that is not our child, after its parent has waited for it: 1, or 0 if the kernel
/// does not report it (before Linux 6.15, or not waited for yet). The times stay 0.
int clinux_pidfd_exit(int pidfd, struct clinux_exit *result);

/// Decodes a status in the form of wait(). The times stay 0.
void clinux_decode_status(int status, struct clinux_exit *result);

/// Reaps the child `pid` if it has ended: 1 if it was, 0 if it lives, -1 with errno. Never blocks.
int clinux_reap(pid_t pid);
/// Whether an ended child has not been reaped yet. Never blocks.
int clinux_has_ended_child(void);

#endif
