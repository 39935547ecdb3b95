"""Every statement of the bot, one function each, named by a verb; run them through `bot.jobs.database.Database`.

The modules are what is done: `accepting` a job, `moving` it along, `finding` it, its `posts`, `drafts` and offers. They
take a connection inside a transaction and must not know who calls them.
"""
