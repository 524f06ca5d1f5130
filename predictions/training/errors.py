"""What training refuses; apart from it, as it loads the learning libraries and those who report need none."""


class TooFewGamesError(ValueError):
    """There is not enough to learn from; the text says how much there is."""
