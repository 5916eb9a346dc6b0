from datetime import timedelta

ENDED_JOBS_ARE_KEPT = timedelta(days=30)
# Announced anew at each sweep: as many as a worker gets through until the next one.
SWEPT_AT_ONCE = 200
