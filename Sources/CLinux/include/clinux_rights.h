// The ids with which one thread opens files.
#ifndef CLINUX_RIGHTS_H
#define CLINUX_RIGHTS_H

#include <stddef.h>
#include <sys/types.h>

/// The groups of a thread before it took other ids.
struct clinux_rights {
  int count;
  gid_t *groups;
};

/// Gives the calling thread the ids of another user for its access to files, until `clinux_rights_restore`. All else stays as it is: no
/// process of that user can signal or trace it. Returns 0, or -1 with errno: then nothing has changed.
int clinux_rights_take(struct clinux_rights *own, uid_t user, gid_t group, const gid_t *groups, size_t count);

/// Gives the thread our ids back. Keeps errno. Ends the process if the system refuses, since the thread would go on with the wrong ids.
void clinux_rights_restore(struct clinux_rights *own);

#endif
