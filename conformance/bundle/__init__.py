"""The bundle: what a run leaves for a stranger, the signed manifest over it, and its verification."""
