"""What happens next: takes requests in and carries each job from accepted to its last word. It knows no cog."""
