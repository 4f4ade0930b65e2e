"""The listening page: which clips it lets one hear, how they are encoded, what it says, and what listeners answered."""
