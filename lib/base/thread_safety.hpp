// The annotations of Clang's thread safety analysis, under names of ours. They are empty for other compilers.

#pragma once

#if defined(__clang__)
#define COSIO_THREAD_SAFETY(annotation) __attribute__((annotation))
#else
#define COSIO_THREAD_SAFETY(annotation)
#endif

#define COSIO_CAPABILITY(name) COSIO_THREAD_SAFETY(capability(name))    // a class of mutexes
#define COSIO_SCOPED_CAPABILITY COSIO_THREAD_SAFETY(scoped_lockable)    // a class that holds a mutex while it lives
#define COSIO_GUARDED_BY(mutex) COSIO_THREAD_SAFETY(guarded_by(mutex))  // a member
#define COSIO_PT_GUARDED_BY(mutex) COSIO_THREAD_SAFETY(pt_guarded_by(mutex))  // the object that a pointer points to
#define COSIO_REQUIRES(...) COSIO_THREAD_SAFETY(requires_capability(__VA_ARGS__))  // the caller holds it
#define COSIO_EXCLUDES(...) COSIO_THREAD_SAFETY(locks_excluded(__VA_ARGS__))       // the caller must not hold it
#define COSIO_ACQUIRE(...) COSIO_THREAD_SAFETY(acquire_capability(__VA_ARGS__))
#define COSIO_TRY_ACQUIRE(...) COSIO_THREAD_SAFETY(try_acquire_capability(__VA_ARGS__))
#define COSIO_RELEASE(...) COSIO_THREAD_SAFETY(release_capability(__VA_ARGS__))
#define COSIO_RETURN_CAPABILITY(mutex) COSIO_THREAD_SAFETY(lock_returned(mutex))  // a function that returns the mutex
#define COSIO_NO_THREAD_SAFETY_ANALYSIS COSIO_THREAD_SAFETY(no_thread_safety_analysis)
