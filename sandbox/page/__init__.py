"""The sandbox in a browser: a chat window on the local Discord, and a backstage with dials that make things fail."""
