"""Which frames of a legacy profile are the profiler's own work.

Rules: profiles from before profile.proto do not say what to hide; pprof knows by their sample types. These are its
lists, as regular expressions over whole function names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pipeline.model.profile import SampleType

_HEAP_TYPES: Final = (
    ("allocations", "size"),
    ("objects", "space"),
    ("inuse_objects", "inuse_space"),
    ("alloc_objects", "alloc_space"),
    ("alloc_objects", "alloc_space", "inuse_objects", "inuse_space"),
)
_CONTENTION_TYPES: Final = ("contentions", "delay")

_POSIX_ALLOCATORS = "calloc cfree malloc free memalign do_memalign (__)?posix_memalign pvalloc valloc realloc"
_TCMALLOC = (
    "tcmalloc::.* tc_calloc tc_cfree tc_malloc tc_free tc_memalign tc_posix_memalign tc_pvalloc tc_valloc tc_realloc"
    " tc_new tc_delete tc_newarray tc_deletearray tc_new_nothrow tc_newarray_nothrow"
)
_MACOS_ALLOCATORS = (
    "malloc_zone_malloc malloc_zone_calloc malloc_zone_valloc malloc_zone_realloc malloc_zone_memalign malloc_zone_free"
)
_OTHER_ALLOCATORS = (
    r"BaseArena::.* (::)?do_malloc_no_errno (::)?do_malloc_pages (::)?do_malloc DoSampledAllocation"
    r" MallocedMemBlock::MallocedMemBlock _M_allocate __builtin_(vec_)?delete __builtin_(vec_)?new"
    r" __gnu_cxx::new_allocator::allocate __libc_malloc __malloc_alloc_template::allocate allocate cpp_alloc"
)
_ALLOCATORS: Final = "|".join(
    (
        *_POSIX_ALLOCATORS.split(),
        *_TCMALLOC.split(),
        *_MACOS_ALLOCATORS.split(),
        r"runtime\..*",
        *_OTHER_ALLOCATORS.split(),
        r"operator new(\[\])?",
        "simple_alloc::allocate",
    )
)
_KEPT_ALLOCATORS: Final = r"runtime\.panic|runtime\.reflectcall|runtime\.call[0-9]*"
_CPU_PROFILER: Final = (
    "ProfileData::Add|ProfileData::prof_handler|CpuProfiler::prof_handler|__pthread_sighandler|__restore"
)
_LOCKS: Final = "|".join(
    (
        "RecordLockProfileData",
        *(
            f"(base::)?{name}.*"
            for name in ("RecordLockProfileData", "SubmitMutexProfileData", "SubmitSpinLockProfileData")
        ),
        *(f"(base::Mutex::)?{name}.*" for name in ("AwaitCommon", "Unlock", "UnlockSlow", "ReaderUnlock")),
        "(base::MutexLock::)?~MutexLock.*",
        *(f"(Mutex::)?{name}.*" for name in ("AwaitCommon", "Unlock", "UnlockSlow", "ReaderUnlock")),
        "(MutexLock::)?~MutexLock.*",
        "(SpinLock::)?Unlock.*",
        "(SpinLock::)?SlowUnlock.*",
        "(SpinLockHolder::)?~SpinLockHolder.*",
    )
)


def profiler_frames(sample_types: Sequence[SampleType]) -> tuple[str, str]:
    """Give the drop and keep expressions for a legacy profile of these sample types."""
    names = tuple(kind.type for kind in sample_types)
    if names in _HEAP_TYPES:
        return _ALLOCATORS, _KEPT_ALLOCATORS
    if names == _CONTENTION_TYPES:
        return _LOCKS, ""
    return _CPU_PROFILER, ""
