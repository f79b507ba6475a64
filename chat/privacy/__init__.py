"""What keeps people's data theirs: masking, access with a reason, their own export and deletion, retention."""
