"""What the page shows, as JSON, computed anew from the living records; nothing here changes anything."""
