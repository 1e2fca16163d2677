"""What a profile says about itself: the binary it is of, and when and for how long it was taken.

Rules: the first mapping is the main binary, as everywhere in pprof.
"""

from __future__ import annotations

from pipeline.model.profile import Profile
from pipeline.model.report import ReportHeader, base_name


def describe(profile: Profile) -> ReportHeader:
    """Collect the facts pprof prints above its reports; comments that start with ``#`` are not shown."""
    main = profile.mappings[0] if profile.mappings else None
    return ReportHeader(
        file=base_name(main.file) if main and main.file else "",
        build_id=main.build_id if main else "",
        comments=tuple(text for text in profile.comments if not text.startswith("#")),
        doc_url=profile.doc_url,
        time_nanos=profile.time_nanos,
        duration_nanos=profile.duration_nanos,
    )
