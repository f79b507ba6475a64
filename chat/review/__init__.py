"""What staff learn from the conversations: which engine answers better, and what nobody could answer."""
