"""What is sent and asked: seeded, of real size, and the same for every contestant."""
