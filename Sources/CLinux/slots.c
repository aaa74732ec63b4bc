// The low descriptors through which a thread passes inputs and outputs to its children.
#define _GNU_SOURCE
#include "clinux_slots.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

// Above 2, so that placing one in the child never overwrites another.
static int reserve(int from) { return fcntl(from, F_DUPFD_CLOEXEC, 3); }

static void release(int descriptor) {
  if (descriptor >= 0) close(descriptor);
}

int clinux_slots_open(struct clinux_slots *slots) {
  *slots = (struct clinux_slots){-1, -1, -1, -1, -1};
  int opened = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (opened < 0) return -1;
  slots->null = opened > 2 ? opened : reserve(opened);
  int error = errno;
  if (slots->null != opened) close(opened);
  if (slots->null >= 0) {
    slots->input = reserve(slots->null);
    slots->output = slots->input < 0 ? -1 : reserve(slots->null);
    slots->error = slots->output < 0 ? -1 : reserve(slots->null);
    slots->notification = slots->error < 0 ? -1 : reserve(slots->null);
    error = errno;
  }
  if (slots->notification >= 0) return 0;
  clinux_slots_close(slots);
  errno = error;
  return -1;
}

void clinux_slots_close(struct clinux_slots *slots) {
  release(slots->null);
  release(slots->input);
  release(slots->output);
  release(slots->error);
  release(slots->notification);
  *slots = (struct clinux_slots){-1, -1, -1, -1, -1};
}

static int fill(int *slot, int null, int from) {
  if (from == null) return 0;
  if (*slot < 0) *slot = reserve(null);
  return *slot < 0 ? -1 : dup3(from, *slot, O_CLOEXEC);
}

static void empty(int *slot, int null, int from) {
  if (from == null || *slot < 0 || dup3(null, *slot, O_CLOEXEC) >= 0) return;
  // Our descriptor limit has been lowered to below the slot. The slot must not keep a pipe open: readers
  // would wait for its end.
  close(*slot);
  *slot = -1;
}

int clinux_slots_fill(struct clinux_slots *slots, int input, int output, int error, int notification) {
  if (fill(&slots->input, slots->null, input) < 0) return -1;
  if (fill(&slots->output, slots->null, output) < 0) return -1;
  if (fill(&slots->error, slots->null, error) < 0) return -1;
  return fill(&slots->notification, slots->null, notification) < 0 ? -1 : 0;
}

void clinux_slots_empty(struct clinux_slots *slots, int input, int output, int error, int notification) {
  empty(&slots->input, slots->null, input);
  empty(&slots->output, slots->null, output);
  empty(&slots->error, slots->null, error);
  empty(&slots->notification, slots->null, notification);
}
