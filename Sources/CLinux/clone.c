// Makes a process that is born in a cgroup: clone3, for which the C library has no function.
#define _GNU_SOURCE
#include "clone.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>

// The kernel's struct clone_args and its flag, which the system's headers may not have.
struct arguments {
  uint64_t flags;
  uint64_t pidfd;
  uint64_t child_tid;
  uint64_t parent_tid;
  uint64_t exit_signal;
  uint64_t stack;
  uint64_t stack_size;
  uint64_t tls;
  uint64_t set_tid;
  uint64_t set_tid_size;
  uint64_t cgroup;
};

static const uint64_t into_cgroup = 0x200000000;

// The child returns from the call on a stack of its own that has no return address: so it has to be led from
// there by hand.
#if defined(__x86_64__) && defined(SYS_clone3)
static long clone3(struct arguments *arguments, int (*function)(void *), void *argument) {
  long result;
  __asm__ volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "mov %[argument], %%rdi\n\t"
      "call *%[function]\n\t"
      "ud2\n"
      "1:"
      : "=a"(result)
      : "0"((long)SYS_clone3), "D"(arguments), "S"(sizeof *arguments), [function] "r"(function), [argument] "r"(argument)
      : "rcx", "r11", "memory", "cc");
  return result;
}
#elif defined(__aarch64__) && defined(SYS_clone3)
static long clone3(struct arguments *arguments, int (*function)(void *), void *argument) {
  register long number __asm__("x8") = SYS_clone3;
  register long first __asm__("x0") = (long)arguments;
  register long second __asm__("x1") = sizeof *arguments;
  __asm__ volatile(
      "svc #0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, xzr\n\t"
      "mov x0, %[argument]\n\t"
      "blr %[function]\n\t"
      "brk #1\n"
      "1:"
      : "+r"(first)
      : "r"(number), "r"(second), [function] "r"(function), [argument] "r"(argument)
      : "memory", "cc");
  return first;
}
#else
static long clone3(struct arguments *arguments, int (*function)(void *), void *argument) {
  (void)arguments;
  (void)function;
  (void)argument;
  return -ENOSYS;
}
#endif

pid_t clinux_clone_into(int group, int (*function)(void *), void *stack, size_t stack_size, void *argument, int *pidfd) {
  struct arguments arguments = {
      .flags = CLONE_VM | CLONE_FILES | CLONE_VFORK | CLONE_PIDFD | into_cgroup,
      .pidfd = (uint64_t)(uintptr_t)pidfd,
      .exit_signal = SIGCHLD,
      .stack = (uint64_t)(uintptr_t)stack,
      .stack_size = stack_size & ~(size_t)15,
      .cgroup = (uint64_t)group,
  };
  long pid = clone3(&arguments, function, argument);
  if (pid >= 0) return (pid_t)pid;
  errno = (int)-pid;
  return -1;
}
