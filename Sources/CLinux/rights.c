// The ids with which one thread opens files. Raw calls for the groups: glibc's would change those of every thread.
#define _GNU_SOURCE
#include "clinux_rights.h"

#include <errno.h>
#include <linux/securebits.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// The call reports no failure: the second one returns what the first one has set.
static int become(uid_t user, gid_t group) {
  setfsgid(group);
  setfsuid(user);
  return (gid_t)setfsgid(group) == group && (uid_t)setfsuid(user) == user;
}

int clinux_rights_take(struct clinux_rights *own, uid_t user, gid_t group, const gid_t *groups, size_t count) {
  own->groups = NULL;
  own->count = getgroups(0, NULL);
  if (own->count < 0) return -1;
  // With this bit capabilities would stay, and with them all access.
  int bits = prctl(PR_GET_SECUREBITS);
  if (bits < 0 || bits & SECBIT_NO_SETUID_FIXUP) {
    errno = EPERM;
    return -1;
  }
  if (own->count > 0) {
    own->groups = malloc((size_t)own->count * sizeof *own->groups);
    if (!own->groups) return -1;
    own->count = getgroups(own->count, own->groups);
  }
  if (own->count < 0 || syscall(SYS_setgroups, count, groups) < 0) {
    int error = errno;
    free(own->groups);
    errno = error;
    return -1;
  }
  if (become(user, group)) return 0;
  clinux_rights_restore(own);
  errno = EPERM;
  return -1;
}

void clinux_rights_restore(struct clinux_rights *own) {
  int error = errno;
  // The user first: the rest needs its capabilities.
  setfsuid(geteuid());
  if (!become(geteuid(), getegid()) || syscall(SYS_setgroups, (size_t)own->count, own->groups) < 0) abort();
  free(own->groups);
  errno = error;
}
