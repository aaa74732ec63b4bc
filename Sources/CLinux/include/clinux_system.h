// System calls that Swift's Glibc module lacks. All return the values of their manual pages: -1 with errno on
// failure.
#ifndef CLINUX_SYSTEM_H
#define CLINUX_SYSTEM_H

#include <stdint.h>
#include <sys/types.h>

/// O_PATH of open(2), which glibc shows with _GNU_SOURCE only: the same number on all machines that Swift runs
/// on.
#define CLINUX_O_PATH 010000000

/// A new epoll instance, close-on-exec.
int clinux_epoll_create(void);
/// Watches whether `descriptor` is readable (level-triggered); `token` comes back with each event.
int clinux_epoll_add(int epoll, int descriptor, uint64_t token);
/// Watches one of the kernel's own files, like a cgroup's `cgroup.events`, for changes of its content. Read
/// it after each event.
int clinux_epoll_add_notified(int epoll, int descriptor, uint64_t token);
/// Watches whether `descriptor` can be written to.
int clinux_epoll_add_writing(int epoll, int descriptor, uint64_t token);
/// Ends a watch.
int clinux_epoll_remove(int epoll, int descriptor);
/// Waits until a descriptor is readable or has hung up, and stores the tokens of up to `capacity` such
/// descriptors (1 to 256) in `tokens`. Returns their number; `timeout` is in milliseconds, -1 for none.
/// Interruptions are retried.
int clinux_epoll_wait(int epoll, uint64_t *tokens, int capacity, int timeout);

/// A new event counter, close-on-exec; `semaphore`: a blocking one where each read takes 1, otherwise
/// non-blocking.
int clinux_eventfd(int semaphore);
/// Adds `count` to it.
void clinux_eventfd_add(int descriptor, uint64_t count);
/// Takes the whole count (or waits for a semaphore and takes 1).
void clinux_eventfd_take(int descriptor);

/// A pipe, close-on-exec at both ends.
int clinux_pipe(int ends[2]);
/// Both ends of a pipe in one close-on-exec descriptor: a process that has it alone reads nothing, and never an end. -1 with errno.
int clinux_silent_pipe(void);
/// A terminal of 80 by 24 that passes bytes on as they are: its reading end, which never waits, and the end for a program. Both are
/// close-on-exec, and it is nobody's controlling terminal. 0, or -1 with errno.
int clinux_terminal(int ends[2]);
/// Makes reads and writes through this open file return EAGAIN instead of waiting.
int clinux_set_nonblocking(int descriptor);

/// Whether a file has an access list (acl(5)).
int clinux_has_access_list(const char *path);

/// Whether a folder is on a file system in memory (tmpfs).
int clinux_is_in_memory(const char *path);

/// The descriptor limit of a process (0: our own).
int clinux_descriptor_limit(pid_t pid, uint64_t *soft, uint64_t *hard);

/// Makes orphaned descendants our children and counts each child's end in an event counter (see
/// `clinux_child_events`). Installs a SIGCHLD handler. For programs that own their process, not for
/// libraries. A second call changes nothing.
int clinux_become_subreaper(void);
/// The event counter that `clinux_become_subreaper` made, or -1. It rises whenever a child ends.
int clinux_child_events(void);

/// Blocks every signal in the calling thread but SIGCHLD, so that the program's own threads get them.
void clinux_block_signals(void);
/// Ignores the two signals below SIGRTMIN, which the C library keeps for itself and lets nobody handle, where it does not handle them
/// yet: sent by somebody else they would end the program.
void clinux_ignore_library_signals(void);
/// Names the calling thread for tools like `top -H` (15 bytes at most).
void clinux_name_thread(const char *name);

/// Keeps the C library from having more than `count` heaps: otherwise each thread gets its own, which never
/// shrinks.
void clinux_bound_heaps(int count);
/// Returns free memory of the heaps to the system, and the pages of the program's code: pages that are still
/// needed come back by themselves. Code that ran once at the start need not stay in memory.
void clinux_release_memory(void);

/// The symbol of an errno, like "ENOENT"; "?" if it has none.
const char *clinux_error_name(int error);

#endif
