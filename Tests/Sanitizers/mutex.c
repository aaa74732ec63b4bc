// Shows the thread sanitizer what Swift's Mutex orders. Preloaded by `make sanitize`.
//
// The fast path of a Mutex is compiled into our code, and the sanitizer sees its atomics. A Mutex that is contended takes its slow path,
// inside the standard library, which is not built with the sanitizer: what was written under the lock by one thread and read under it by
// another is then reported as a race. These functions stand in front of the slow paths and report what they acquire and release.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

// Of the sanitizer's runtime, in the program.
void __tsan_acquire(void *address) __attribute__((weak));
void __tsan_release(void *address) __attribute__((weak));

SWIFT void lock_slow(uint32_t owner, SELF) __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
SWIFT bool try_lock_slow(SELF) __asm__("$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF");
SWIFT void unlock_slow(SELF) __asm__("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");

static void *next(const char *symbol) { return dlsym(RTLD_NEXT, symbol); }

SWIFT void lock_slow(uint32_t owner, SELF) {
  SWIFT void (*real)(uint32_t, SELF) = next("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
  real(owner, self);
  if (__tsan_acquire) __tsan_acquire(self);
}

SWIFT bool try_lock_slow(SELF) {
  SWIFT bool (*real)(SELF) = next("$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF");
  bool is_locked = real(self);
  if (is_locked && __tsan_acquire) __tsan_acquire(self);
  return is_locked;
}

SWIFT void unlock_slow(SELF) {
  SWIFT void (*real)(SELF) = next("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
  if (__tsan_release) __tsan_release(self);
  real(self);
}
