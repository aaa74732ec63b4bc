// Counts the allocations of a program from outside: built as a shared object and named in LD_PRELOAD, it adds up the calls and the bytes
// asked for in the file that COUNT_ALLOCATIONS names, two 64-bit integers that another process may read at any time.
//
// The real functions are called by the names that glibc has for them itself: looking them up with dlsym() would allocate, and so end up
// here again before there is anything to call.
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

struct counts {
  _Atomic uint64_t calls, bytes;
};
static struct counts early;  // until the file is mapped, and for good where it cannot be
static struct counts *_Atomic counts = &early;

static void count(size_t bytes) {
  struct counts *to = atomic_load_explicit(&counts, memory_order_acquire);
  atomic_fetch_add_explicit(&to->calls, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&to->bytes, bytes, memory_order_relaxed);
}

__attribute__((constructor)) static void map_counts(void) {
  const char *path = getenv("COUNT_ALLOCATIONS");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return;
  struct counts *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (shared == MAP_FAILED) return;
  atomic_fetch_add(&shared->calls, early.calls);
  atomic_fetch_add(&shared->bytes, early.bytes);
  atomic_store_explicit(&counts, shared, memory_order_release);
}

void *malloc(size_t size) {
  count(size);
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count(number * size);
  return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
  count(size);
  return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
  count(size);
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count(size);
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) || (alignment & (alignment - 1)) || !alignment) return EINVAL;
  count(size);
  int before = errno;
  void *memory = __libc_memalign(alignment, size);
  errno = before;  // it is the result that says what failed
  if (!memory) return ENOMEM;
  *result = memory;
  return 0;
}
