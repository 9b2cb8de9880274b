"""Figures about the product. Not tests: nothing here passes or fails, and the machine has its say."""
