"""The sandbox in a browser: a chat window on the local Discord, and a backstage to turn the world's moods."""
