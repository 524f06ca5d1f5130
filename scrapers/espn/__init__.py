"""ESPN's public pages of teams."""
