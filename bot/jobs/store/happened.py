"""The columns with times that have passed."""

from bot.jobs.tables import attempts, blocks, drafts, improvements, jobs, offers, posts, upload_limits

# The columns with the time of an event; others hold until when something waits.
HAPPENED = (
    jobs.c.accepted_at,
    jobs.c.submitted_at,
    jobs.c.completed_at,
    jobs.c.ended_at,
    jobs.c.late_at,
    jobs.c.removed_at,
    jobs.c.revived_at,
    jobs.c.answered_at,
    jobs.c.stop_asked_at,
    jobs.c.stop_sent_at,
    attempts.c.begun_at,
    attempts.c.sent_at,
    attempts.c.ended_at,
    posts.c.attempted_at,
    drafts.c.created_at,
    improvements.c.begun_at,
    offers.c.shown_at,
    offers.c.gone_at,
    blocks.c.blocked_at,
    upload_limits.c.accepted_at,
    upload_limits.c.refused_at,
    upload_limits.c.doubted_at,
)
