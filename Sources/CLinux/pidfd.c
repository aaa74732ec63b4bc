// Pidfds: signals that cannot reach another process, and exits.
#define _GNU_SOURCE
#include "clinux_pidfd.h"

#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

// Constants of the kernel's <linux/pidfd.h>, in newer versions than the system's headers may have.
enum { SIGNAL_PROCESS_GROUP = 1 << 2 };
static const uint64_t info_exit = 1 << 3;

struct info {
  uint64_t mask;
  uint64_t cgroup;
  uint32_t numbers[11];  // of the process, and of its user
  int32_t exit_code;
};

int clinux_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int clinux_pidfd_signal(int pidfd, int signal) { return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0); }

int clinux_pidfd_signal_group(int pidfd, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, SIGNAL_PROCESS_GROUP);
}

int clinux_wait_pidfd(int pidfd, int reap, struct clinux_exit *result) {
  siginfo_t information;
  struct rusage usage;
  memset(&information, 0, sizeof information);
  memset(&usage, 0, sizeof usage);
  // A raw call: glibc's waitid has no parameter for the usage.
  int options = WEXITED | WNOHANG | (reap ? 0 : WNOWAIT);
  if (syscall(SYS_waitid, P_PIDFD, pidfd, &information, options, &usage) < 0) return -1;
  if (information.si_pid == 0) return 0;
  result->code = information.si_code;
  result->status = information.si_status;
  result->user_microseconds = (uint64_t)usage.ru_utime.tv_sec * 1000000 + (uint64_t)usage.ru_utime.tv_usec;
  result->system_microseconds = (uint64_t)usage.ru_stime.tv_sec * 1000000 + (uint64_t)usage.ru_stime.tv_usec;
  return 1;
}

int clinux_pidfd_exit(int pidfd, struct clinux_exit *result) {
  struct info info;
  memset(&info, 0, sizeof info);
  info.mask = info_exit;
  if (ioctl(pidfd, _IOWR(0xff, 11, struct info), &info) < 0 || !(info.mask & info_exit)) return 0;
  clinux_decode_status(info.exit_code, result);
  return 1;
}

void clinux_decode_status(int status, struct clinux_exit *result) {
  memset(result, 0, sizeof *result);
  result->code = WIFEXITED(status) ? CLD_EXITED : WCOREDUMP(status) ? CLD_DUMPED : CLD_KILLED;
  result->status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
}

int clinux_reap(pid_t pid) {
  siginfo_t information;
  memset(&information, 0, sizeof information);
  if (waitid(P_PID, (id_t)pid, &information, WEXITED | WNOHANG) < 0) return -1;
  return information.si_pid == 0 ? 0 : 1;
}

int clinux_has_ended_child(void) {
  siginfo_t information;
  memset(&information, 0, sizeof information);
  return waitid(P_ALL, 0, &information, WEXITED | WNOHANG | WNOWAIT) == 0 && information.si_pid != 0;
}
