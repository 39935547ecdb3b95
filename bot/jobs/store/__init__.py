"""Every statement of the bot, one function each, named by a verb; run them through `bot.jobs.database.Database`.

The modules are named by their work: `accepting` a job, `moving` it along, `finding` it, its `posts`, `drafts` and
offers. They take a connection inside a transaction.
"""
