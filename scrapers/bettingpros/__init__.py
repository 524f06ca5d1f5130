"""BettingPros, version 3: books' lines on players with the line that each opened with."""
