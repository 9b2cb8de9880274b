"""A run, from its settings to what it leaves; and a recorded run judged again."""
